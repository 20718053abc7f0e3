"""Whether a graph says what its model says: held against it before 8 bits are judged by it."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.special import softmax

from crossfer.compression.scoring import Scorer, test_inputs
from crossfer.errors import UserError
from crossfer.modeling.inference import logits
from crossfer.protocols import Models

SAMPLE = 16  # rows of each domain
ALLOWED = 1e-3  # of a probability; sums in another order differ by less than a hundredth of it


def difference(graph: Path, model: Path, models: Models, scorer: Scorer, tables: Mapping[str, Path]) -> float:
    """How far a probability of the graph is from the model's at most, in the first test rows of every domain.

    Args:
        graph: in single precision.
        model: the folder that it was made of.
        models: of its modality.
        scorer: runs graphs.
        tables: of each domain, its rows.

    Raises:
        UserError: it is too far, so that the graph is not the model's.
    """
    whole = models.load(model)
    found = {}
    for name, table in tables.items():
        inputs = next(test_inputs(table))[:SAMPLE]
        wanted = softmax(logits(whole, inputs, models.collate, SAMPLE, name).astype(np.float64), axis=1)
        found[name] = float(np.abs(wanted - scorer.of_inputs(graph, inputs, name)).max())
    for name, far in found.items():
        if not far <= ALLOWED:  # nan is no less
            raise UserError(
                f"the graph of ONNX is not what the model is: in {name} a probability differs by {far:.2g}, {ALLOWED}"
                " is allowed; leave compress out: dvc repro compare."
            )
    return max(found.values())

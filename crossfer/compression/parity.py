"""Parity check: the exported fp32 graph gives the probabilities of its PyTorch model."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.special import softmax

from crossfer.compression.scoring import Scorer, test_inputs
from crossfer.errors import UserError
from crossfer.modeling.inference import predict_logits
from crossfer.protocols import Models

SAMPLE = 16  # rows of each domain
ALLOWED = 1e-3  # of a probability; sums in another order differ by less than a hundredth of it


def check(graph: Path, model: Path, models: Models, scorer: Scorer, tables: Mapping[str, Path]) -> float:
    """Return the largest difference of a probability, in the first test rows of every domain.

    Args:
        graph: in fp32.
        model: the folder that it was exported from.
        models: of its modality.
        scorer: runs graphs.
        tables: the table of each domain, by name.

    Raises:
        UserError: the difference is too large, so the graph is not the model's.
    """
    network = models.load(model)
    differences = {}
    for name, table in tables.items():
        inputs = next(test_inputs(table))[:SAMPLE]
        expected = softmax(predict_logits(network, inputs, models.collate, SAMPLE, name).astype(np.float64), axis=1)
        differences[name] = float(np.abs(expected - scorer.of_inputs(graph, inputs, name)).max())
    for name, difference in differences.items():
        if not difference <= ALLOWED:  # NaN too
            raise UserError(
                f"the ONNX graph differs from its model: by {difference:.2g} in a probability of domain {name},"
                f" {ALLOWED} is allowed; skip this stage: dvc repro compare."
            )
    return max(differences.values())

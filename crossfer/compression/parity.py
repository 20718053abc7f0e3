"""Check that the fp32 graph returns the probabilities of its PyTorch model."""

from pathlib import Path

import numpy as np
from scipy.special import softmax

from crossfer.compression.graph_runner import GraphRunner
from crossfer.errors import UserError
from crossfer.modeling.inference import predict_logits
from crossfer.protocols import Models

ROWS_PER_DOMAIN = 16
MAX_DIFFERENCE = 1e-3  # of a probability; sums in another order differ by less than a hundredth of it


def check_parity(graph: Path, model_dir: Path, models: Models, runner: GraphRunner) -> float:
    """Return the largest difference of a probability between a graph and its model.

    Compare the first test rows of every domain.

    Raises:
        UserError: the difference is too large.
    """
    model = models.load(model_dir)
    differences = []
    for domain in runner.tables:
        inputs = runner.first_test_inputs(domain, ROWS_PER_DOMAIN)
        logits = predict_logits(model, inputs, models.collate, ROWS_PER_DOMAIN, domain).astype(np.float64)
        difference = float(np.abs(softmax(logits, axis=1) - runner.predict(graph, inputs)).max())
        if not difference <= MAX_DIFFERENCE:  # NaN too
            raise UserError(
                f"the ONNX graph differs from its model by {difference:.2g} in a probability of domain {domain};"
                f" {MAX_DIFFERENCE} is allowed. Skip this stage: `dvc repro compare`."
            )
        differences.append(difference)
    return max(differences)

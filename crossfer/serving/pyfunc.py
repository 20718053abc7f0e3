"""Answer MLflow with a classifier: raw contents in, predictions out."""

from dataclasses import asdict
from typing import Any

import mlflow.pyfunc
import pandas as pd
from mlflow.environment_variables import MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from crossfer.serving.content_classifier import ContentClassifier

COLUMNS = ["label", "probability", "probabilities", "error"]
ROWS_PER_SECOND = 2
"""Rows that a request may have per second of the server's time limit.

multilingual-e5-small classifies two texts of 512 tokens per second on two busy cores (docs/serving.md).
"""


class ContentPyfunc(mlflow.pyfunc.PythonModel):
    """Classifies contents with the classifier that `load_context` of a subclass loads.

    A content that cannot be classified gets an error instead of a label.
    """

    classifier: ContentClassifier

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return COLUMNS, one row per content of the column `content`.

        With an error, `probabilities` is empty rather than None, because Spark has no missing maps.

        Raises:
            MlflowException: a server, which has a time limit, got a request of too many rows.
        """
        if MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT.is_set():  # by `mlflow models serve`
            _check_size(len(model_input), MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT.get())
        predictions = self.classifier.predict(model_input["content"])
        rows = [{**asdict(prediction), "probabilities": prediction.probabilities or {}} for prediction in predictions]
        return pd.DataFrame(rows, columns=COLUMNS, dtype=object)


def _check_size(n_rows: int, timeout: int) -> None:
    """Refuse a request that may take longer than `timeout` seconds."""
    max_rows = ROWS_PER_SECOND * timeout
    if n_rows > max_rows:
        raise MlflowException(
            f"the request has {n_rows} rows, {max_rows} are allowed; send several requests, or start the server with a"
            f" larger --timeout: each of its {timeout} seconds allows {ROWS_PER_SECOND} rows.",
            INVALID_PARAMETER_VALUE,
        )

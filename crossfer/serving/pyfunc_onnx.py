"""Serve a compressed model with MLflow: raw contents in, predictions out.

MLflow logs this file with the model.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd
from mlflow.models import set_model

from crossfer.serving.classifier import Classifier

COLUMNS = ["label", "probability", "probabilities", "error"]


class OnnxPyfunc(mlflow.pyfunc.PythonModel):
    """Classifies contents with a compressed model.

    A content that cannot be classified gets an error instead of a label.
    """

    def load_context(self, context: Any) -> None:
        """Load the classifier from the logged folder."""
        self.classifier = Classifier(Path(context.artifacts["model"]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return COLUMNS, one row per content of the column `content`.

        With an error, `probabilities` is empty rather than None, because Spark has no missing maps.
        """
        predictions = self.classifier.predict(model_input["content"])
        rows = [{**asdict(prediction), "probabilities": prediction.probabilities or {}} for prediction in predictions]
        return pd.DataFrame(rows, columns=COLUMNS, dtype=object)


set_model(OnnxPyfunc())

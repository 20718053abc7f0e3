"""Answer MLflow with a classifier: raw contents in, predictions out."""

from dataclasses import asdict
from typing import Any

import mlflow.pyfunc
import pandas as pd

from crossfer.serving.content_classifier import ContentClassifier

COLUMNS = ["label", "probability", "probabilities", "error"]


class ContentPyfunc(mlflow.pyfunc.PythonModel):
    """Classifies contents with the classifier that `load_context` of a subclass loads.

    A content that cannot be classified gets an error instead of a label.
    """

    classifier: ContentClassifier

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return COLUMNS, one row per content of the column `content`.

        With an error, `probabilities` is empty rather than None, because Spark has no missing maps.
        """
        predictions = self.classifier.predict(model_input["content"])
        rows = [{**asdict(prediction), "probabilities": prediction.probabilities or {}} for prediction in predictions]
        return pd.DataFrame(rows, columns=COLUMNS, dtype=object)

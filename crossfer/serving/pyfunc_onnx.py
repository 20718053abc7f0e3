"""The compressed model as MLflow serves it: raw contents in, answers out. Logged as code with each such model."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd
from mlflow.models import set_model

from crossfer.serving.classifier import Classifier


class OnnxPyfunc(mlflow.pyfunc.PythonModel):
    """Answers what it is asked; a content that cannot be classified has an error instead of a label."""

    def load_context(self, context: Any) -> None:
        """Load the classifier from the logged folder."""
        self.classifier = Classifier(Path(context.artifacts["model"]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Classify the column `content`.

        Returns:
            A row a content: label, its probability, the probabilities of all labels by name, error. Where there is an
            error, there are no probabilities, but an empty map of them: Spark knows no map that is not there.
        """
        found = self.classifier.answers(model_input["content"])
        answers = [{**asdict(answer), "probabilities": answer.probabilities or {}} for answer in found]
        columns = ["label", "probability", "probabilities", "error"]
        return pd.DataFrame(answers, columns=columns, dtype=object)


set_model(OnnxPyfunc())

"""Serve a compressed model with MLflow, which logs this file with the model."""

from pathlib import Path
from typing import Any

from mlflow.models import set_model

from crossfer.serving.classifier import Classifier
from crossfer.serving.pyfunc import ContentPyfunc


class OnnxPyfunc(ContentPyfunc):
    """Classifies contents with a compressed model."""

    def load_context(self, context: Any) -> None:
        """Load the classifier from the logged folder."""
        self.classifier = Classifier(Path(context.artifacts["model"]))


set_model(OnnxPyfunc())

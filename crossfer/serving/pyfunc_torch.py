"""Serve an fp32 model with MLflow, which logs this file with the model."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mlflow.models import set_model
from numpy.typing import NDArray
from scipy.special import softmax

from crossfer.artifacts import model_files
from crossfer.modeling.heads import label_names
from crossfer.modeling.inference import predict_logits
from crossfer.protocols import load_models
from crossfer.serving.content_classifier import ContentClassifier
from crossfer.serving.pyfunc import ContentPyfunc

BATCH_SIZE = 32


class TorchClassifier(ContentClassifier):
    """An fp32 model."""

    def __init__(self, folder: Path, modality_name: str) -> None:
        """Load the model from a folder that finetune wrote."""
        model_files.check(folder)
        super().__init__(folder, modality_name)
        self.models = load_models(modality_name)
        self.model = self.models.load(folder)
        self.labels = label_names(self.model)

    def probabilities(self, inputs: Sequence[NDArray[Any]]) -> Iterable[NDArray[Any]]:
        """Return the probabilities of all labels for each input, in order."""
        logits = predict_logits(self.model, inputs, self.models.collate, BATCH_SIZE, "predict")
        probabilities: NDArray[Any] = softmax(logits, axis=1)
        return probabilities


class TorchPyfunc(ContentPyfunc):
    """Classifies contents with an fp32 model."""

    def load_context(self, context: Any) -> None:
        """Load the classifier from the logged folder."""
        self.classifier = TorchClassifier(Path(context.artifacts["model"]), context.model_config["modality"])


set_model(TorchPyfunc())

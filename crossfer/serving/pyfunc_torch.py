"""The classifier as MLflow serves it: raw contents in, label and probabilities out. Logged as code with every model."""

from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
from mlflow.models import set_model
from scipy.special import softmax

from crossfer.artifacts import model_files
from crossfer.modeling.heads import label_names
from crossfer.modeling.inference import predict_logits
from crossfer.protocols import load_modality, load_models

BATCH_SIZE = 32


class TorchPyfunc(mlflow.pyfunc.PythonModel):
    """Prepares contents as the pipeline does, and runs the classifier on them."""

    def load_context(self, context: Any) -> None:
        """Load cleaner, encoder and model from the logged folder."""
        folder = Path(context.artifacts["model"])
        model_files.check(folder)
        name = context.model_config["modality"]
        modality, self.models = load_modality(name), load_models(name)
        self.cleaner, self.encoder = modality.load_cleaner(folder), modality.load_encoder(folder)
        self.model = self.models.load(folder)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Classify the column `content`.

        Returns:
            A row a content: label, its probability, and the probabilities of all labels by name.
        """
        contents = [self.cleaner.clean(content)[0] for content in model_input["content"]]
        inputs = self.encoder.encode(contents)
        probabilities = softmax(predict_logits(self.model, inputs, self.models.collate, BATCH_SIZE, "predict"), axis=1)
        names = np.array(label_names(self.model))
        return pd.DataFrame(
            {
                "label": names[probabilities.argmax(1)],
                "probability": probabilities.max(1),
                "probabilities": [dict(zip(names.tolist(), row.tolist(), strict=True)) for row in probabilities],
            }
        )


set_model(TorchPyfunc())

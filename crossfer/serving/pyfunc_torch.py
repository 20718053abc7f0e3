"""Serve an fp32 model with MLflow: raw contents in, predictions out.

MLflow logs this file with the model.
"""

from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd
from mlflow.models import set_model
from scipy.special import softmax

from crossfer.artifacts import model_files
from crossfer.modeling.heads import label_names
from crossfer.modeling.inference import predict_logits
from crossfer.protocols import load_modality, load_models

BATCH_SIZE = 32


class TorchPyfunc(mlflow.pyfunc.PythonModel):
    """Cleans and encodes contents as the pipeline does, and classifies them."""

    def load_context(self, context: Any) -> None:
        """Load cleaner, encoder and model from the logged folder."""
        folder = Path(context.artifacts["model"])
        model_files.check(folder)
        modality_name = context.model_config["modality"]
        modality, self.models = load_modality(modality_name), load_models(modality_name)
        self.cleaner, self.encoder = modality.load_cleaner(folder), modality.load_encoder(folder)
        self.model = self.models.load(folder)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return one row per content of the column `content`.

        Columns label, probability, probabilities (by label).
        """
        inputs = self.encoder.encode([self.cleaner.clean(content)[0] for content in model_input["content"]])
        logits = predict_logits(self.model, inputs, self.models.collate, BATCH_SIZE, "predict")
        probabilities = pd.DataFrame(softmax(logits, axis=1), columns=label_names(self.model))
        return pd.DataFrame(
            {
                "label": probabilities.idxmax(axis=1),
                "probability": probabilities.max(axis=1),
                "probabilities": probabilities.to_dict("records"),
            }
        )


set_model(TorchPyfunc())

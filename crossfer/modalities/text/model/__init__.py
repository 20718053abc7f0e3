"""Text classifiers: encoders of the BERT family with a head."""

from collections.abc import Sequence
from pathlib import Path

from transformers import AutoModelForSequenceClassification, PreTrainedModel

from crossfer.modalities.text.model.collate import collate
from crossfer.modalities.text.model.first_token import compute_first_token_only
from crossfer.modalities.text.model.frozen_features import prepare_inputs
from crossfer.modalities.text.model.typos import add_noise
from crossfer.modeling.pretrained import build_classifier, load_classifier
from crossfer.protocols import Collate

__all__ = ["add_noise", "build", "collate", "load", "prepare_inputs", "training_collate"]


def load(folder: Path) -> PreTrainedModel:
    """Load a classifier in fp32."""
    return compute_first_token_only(load_classifier(AutoModelForSequenceClassification, folder)).eval()


def build(backbone: Path, labels: Sequence[str], weights: str) -> PreTrainedModel:
    """Return a classifier with a new head and `pretrained` or `random` weights."""
    model = build_classifier(AutoModelForSequenceClassification, backbone, labels, weights)
    return compute_first_token_only(model).eval()


def training_collate() -> Collate:
    """Return `collate`: texts are not augmented by batch."""
    return collate

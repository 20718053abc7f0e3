"""Models of text: encoders of the BERT family with a classifier on them, through transformers' Auto classes."""

from collections.abc import Sequence
from pathlib import Path

from transformers import AutoModelForSequenceClassification, PreTrainedModel

from crossfer.modalities.text.model.collate import collate
from crossfer.modalities.text.model.first_token import compute_first_token_only
from crossfer.modalities.text.model.frozen_features import cached_frozen_outputs
from crossfer.modalities.text.model.typos import add_noise
from crossfer.modeling.pretrained import build_classifier, load_classifier
from crossfer.protocols import Collate

__all__ = ["add_noise", "build", "cached_frozen_outputs", "collate", "load", "training_collate"]


def load(folder: Path) -> PreTrainedModel:
    """Return the classifier in `folder`, in single precision."""
    return _ready(load_classifier(AutoModelForSequenceClassification, folder))


def build(backbone: Path, labels: Sequence[str], weights: str) -> PreTrainedModel:
    """Return a classifier for `labels` on the backbone, with a new head; `weights` are `pretrained` or `random`."""
    return _ready(build_classifier(AutoModelForSequenceClassification, backbone, labels, weights))


def _ready(model: PreTrainedModel) -> PreTrainedModel:
    """The model, not in training, and without the work that nothing reads."""
    compute_first_token_only(model)
    return model.eval()


def training_collate() -> Collate:
    """How training rows are stacked: as all others, since texts are not varied."""
    return collate

"""Models of text: encoders of the BERT family with a classifier on them, through transformers' Auto classes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedModel

from crossfer.modalities.text.model.collate import collate
from crossfer.modalities.text.model.first_token import compute_first_state_alone
from crossfer.modalities.text.model.frozen_features import frozen_once
from crossfer.modalities.text.model.typos import noisy
from crossfer.modeling.batching import Collate
from crossfer.modeling.heads import renew_head

__all__ = ["build", "collate", "frozen_once", "load", "noisy", "varied_collate"]


def load(folder: Path) -> PreTrainedModel:
    """The classifier in `folder`, in single precision. Only safetensors are read, and no code that comes with them."""
    model: PreTrainedModel = _loaded(folder)
    return _ready(model)


def build(backbone: Path, labels: Sequence[str], weights: str) -> PreTrainedModel:
    """A classifier for `labels` on the backbone, its head new; its weights `pretrained`, or `random` as well."""
    names = {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
    if weights == "random":
        config = AutoConfig.from_pretrained(backbone, trust_remote_code=False, **names)
        model: PreTrainedModel = AutoModelForSequenceClassification.from_config(config, dtype=torch.float32)
        return _ready(model)
    model, loading = _loaded(backbone, ignore_mismatched_sizes=True, output_loading_info=True, **names)
    renew_head(model, loading)
    return _ready(model)


def _ready(model: PreTrainedModel) -> PreTrainedModel:
    """The model, not in training, and without the work that nothing reads."""
    compute_first_state_alone(model)
    return model.eval()


def _loaded(folder: Path, **options: Any) -> Any:
    """What transformers loads from `folder` with these further options."""
    return AutoModelForSequenceClassification.from_pretrained(
        folder, use_safetensors=True, trust_remote_code=False, dtype="float32", **options
    )


def varied_collate() -> Collate:
    """How training rows are stacked: as all others, since texts are not varied."""
    return collate

"""Models of text: encoders of the BERT family with a classifier on them, through transformers' Auto classes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedModel

from stages.modalities.text_model.padding import collate
from stages.modalities.text_model.run_once import frozen_once
from stages.shared.batches import Collate

__all__ = ["build", "collate", "frozen_once", "load", "varied_collate"]


def load(folder: Path) -> PreTrainedModel:
    """The classifier in `folder`, in single precision. Only safetensors are read, and no code that comes with them."""
    return _loaded(folder)


def build(backbone: Path, labels: Sequence[str], weights: str) -> PreTrainedModel:
    """A classifier for `labels` on the backbone, its head new; its weights `pretrained`, or `random` as well."""
    names = {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
    if weights == "random":
        config = AutoConfig.from_pretrained(backbone, trust_remote_code=False, **names)
        model: PreTrainedModel = AutoModelForSequenceClassification.from_config(config, dtype=torch.float32)
        return model.eval()
    return _loaded(backbone, ignore_mismatched_sizes=True, **names)


def _loaded(folder: Path, **options: Any) -> PreTrainedModel:
    """The model in `folder`, with transformers' further options."""
    model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(
        folder, use_safetensors=True, trust_remote_code=False, dtype="float32", **options
    )
    return model.eval()


def varied_collate() -> Collate:
    """How training rows are stacked: as all others, since texts are not varied."""
    return collate

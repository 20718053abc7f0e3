"""Classifiers that transformers' Auto classes load from a folder, or build on a backbone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, PreTrainedModel

from crossfer.modeling.heads import reinitialize_head


def load_classifier(auto: Any, folder: Path, **options: Any) -> Any:
    """Load the classifier in `folder`, in single precision.

    Only safetensors are read, and no code that comes with them.

    Args:
        auto: the Auto class of the classifier.
        folder: of a model of transformers.
        **options: further ones of `from_pretrained`, which decide what it returns.
    """
    return auto.from_pretrained(folder, use_safetensors=True, trust_remote_code=False, dtype="float32", **options)


def build_classifier(auto: Any, backbone: Path, labels: Sequence[str], weights: str) -> PreTrainedModel:
    """Build a classifier for `labels` on the backbone, with a new head.

    Args:
        auto: the Auto class of the classifier.
        backbone: folder of a model of transformers.
        labels: names, in the order of the logits.
        weights: of the backbone: `pretrained`, or `random`.
    """
    names = {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
    if weights == "random":
        config = AutoConfig.from_pretrained(backbone, trust_remote_code=False, **names)
        model: PreTrainedModel = auto.from_config(config, dtype=torch.float32)
        return model
    model, loading = load_classifier(auto, backbone, ignore_mismatched_sizes=True, output_loading_info=True, **names)
    reinitialize_head(model, loading)
    return model

"""Load a classifier, or build one on a backbone, with an Auto class."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, PreTrainedModel

from crossfer.modeling.heads import reinitialize_head


def load_classifier(auto_class: Any, folder: Path, **options: Any) -> Any:
    """Load a classifier in fp32, from safetensors alone and without code of its own.

    Further options are those of `from_pretrained`, whose result they decide.
    """
    return auto_class.from_pretrained(folder, use_safetensors=True, trust_remote_code=False, dtype="float32", **options)


def build_classifier(auto_class: Any, backbone: Path, labels: Sequence[str], weights: str) -> PreTrainedModel:
    """Build a classifier with a new head and `pretrained` or `random` weights."""
    names = {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
    if weights == "random":
        config = AutoConfig.from_pretrained(backbone, trust_remote_code=False, **names)
        random_model: PreTrainedModel = auto_class.from_config(config, dtype=torch.float32)
        return random_model
    options = {"ignore_mismatched_sizes": True, "output_loading_info": True}
    model, loading_info = load_classifier(auto_class, backbone, **options, **names)
    reinitialize_head(model, loading_info)
    return model

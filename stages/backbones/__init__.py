"""Where pretrained weights come from: one module a provider, all with one function `folder(...) -> Path`.

The folder is a Hugging Face one (config.json, safetensors weights, tokenizer), loadable with the Auto classes.
"""

from collections.abc import Callable
from pathlib import Path

from stages.backbones import hub, local, package

BACKBONES: dict[str, Callable[..., Path]] = {"package": package.folder, "local": local.folder, "hub": hub.folder}

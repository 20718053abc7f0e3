"""Where pretrained weights come from: one module a provider, all with one function `folder(...) -> Path`.

The folder is a Hugging Face one (config.json, safetensors weights, tokenizer), loadable with the Auto classes.
"""

from collections.abc import Callable
from pathlib import Path

from stages.backbones import hub, local, package
from stages.shared.params_backbones import Backbone

BACKBONES: dict[str, Callable[..., Path]] = {"package": package.folder, "local": local.folder, "hub": hub.folder}


def located(backbone: Backbone) -> Path:
    """The folder of the backbone that params.yaml names.

    Raises:
        UserError: it is not there, or is not what it should be.
    """
    return BACKBONES[backbone.provider](**backbone.model_dump(exclude={"provider"}))

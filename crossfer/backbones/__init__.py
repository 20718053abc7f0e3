"""Where pretrained weights come from: one module a provider, all with one function `folder(...) -> Path`.

The folder is a Hugging Face one (config.json, safetensors weights, tokenizer), loadable with the Auto classes.
"""

from collections.abc import Callable
from pathlib import Path

from crossfer.backbones import hub, local, packaged
from crossfer.config.backbones import Backbone, HubBackbone, PackagedEncoder, PackagedVision

PROVIDERS: dict[str, Callable[..., Path]] = {"package": packaged.locate, "local": local.locate, "hub": hub.locate}


def describe_backbone(backbone: Backbone) -> tuple[str, str]:
    """The name of the backbone that params.yaml names, and its licence, or where that is said."""
    if isinstance(backbone, PackagedEncoder | PackagedVision):
        return backbone.name, packaged.PACKAGED[backbone.name].licence
    name = backbone.name if isinstance(backbone, HubBackbone) else Path(backbone.model_dump()["path"]).name
    return name, "see its own card"


def locate_backbone(backbone: Backbone) -> Path:
    """The folder of the backbone that params.yaml names.

    Raises:
        UserError: it is not there, or is not what it should be.
    """
    return PROVIDERS[backbone.provider](**backbone.model_dump(exclude={"provider"}))

"""Where pretrained weights come from: one module a provider, all with one function `folder(...) -> Path`.

The folder is a Hugging Face one (config.json, safetensors weights, tokenizer), loadable with the Auto classes.
"""

from collections.abc import Callable
from pathlib import Path

from crossfer.backbones import hub, local, packaged
from crossfer.config.backbones import Backbone, HubBackbone, PackagedEncoder, PackagedVision

PROVIDERS: dict[str, Callable[..., Path]] = {"package": packaged.locate, "local": local.locate, "hub": hub.locate}


def describe_backbone(backbone: Backbone) -> dict[str, str | None]:
    """Return name, licence, base_model (its id on the Hugging Face Hub, or None) and note, for the model card."""
    if isinstance(backbone, PackagedEncoder | PackagedVision):
        package = packaged.PACKAGED[backbone.name]
        fields = {"licence": package.licence, "base_model": package.base_model, "note": package.note}
        return {"name": backbone.name, **fields}
    name = backbone.name if isinstance(backbone, HubBackbone) else Path(backbone.model_dump()["path"]).name
    base_model = name if isinstance(backbone, HubBackbone) else None
    return {"name": name, "licence": "see its own card", "base_model": base_model, "note": ""}


def locate_backbone(backbone: Backbone) -> Path:
    """The folder of the backbone that params.yaml names.

    Raises:
        UserError: it is not there, or is not what it should be.
    """
    return PROVIDERS[backbone.provider](**backbone.model_dump(exclude={"provider"}))

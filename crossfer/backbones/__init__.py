"""Find the pretrained weights of a backbone; each provider has a module.

Each module has a function `locate`, which returns a Hugging Face folder: config.json, safetensors weights, and a
tokenizer or an image processor.
"""

from collections.abc import Callable
from pathlib import Path

from crossfer.artifacts import digests
from crossfer.backbones import hub, local, packaged
from crossfer.config.backbones import Backbone, HubBackbone, PackagedImageBackbone, PackagedTextBackbone

PROVIDERS: dict[str, Callable[..., Path]] = {"package": packaged.locate, "local": local.locate, "hub": hub.locate}


def describe_backbone(backbone: Backbone) -> dict[str, str | None]:
    """Return name, licence, base_model (an id on the Hub) and note of the model card."""
    if isinstance(backbone, PackagedTextBackbone | PackagedImageBackbone):
        package = packaged.PACKAGED[backbone.name]
        fields = {"licence": package.licence, "base_model": package.base_model, "note": package.note}
        return {"name": backbone.name, **fields}
    name = backbone.name if isinstance(backbone, HubBackbone) else Path(backbone.model_dump()["path"]).name
    base_model = name if isinstance(backbone, HubBackbone) else None
    return {"name": name, "licence": "see its own card", "base_model": base_model, "note": ""}


def locate_backbone(backbone: Backbone) -> Path:
    """Return the folder of the backbone that params.yaml names.

    Raises:
        UserError: it is missing or invalid.
    """
    return PROVIDERS[backbone.provider](**backbone.model_dump(exclude={"provider"}))


def digest_backbone(backbone: Backbone, folder: Path) -> str:
    """Return a digest of a backbone's folder.

    That of a packaged backbone is the digest of its list of SHA-256, which `locate_backbone` has checked.
    """
    is_packaged = isinstance(backbone, PackagedTextBackbone | PackagedImageBackbone)
    return digests.digest(folder / packaged.CHECKSUMS if is_packaged else folder)

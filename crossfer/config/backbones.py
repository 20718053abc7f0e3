"""Backbone blocks of params.yaml, one class per provider."""

from typing import Annotated, Literal

from pydantic import Field

from crossfer.config.fields import Block, PathText, Text


class Backbone(Block):
    """Pretrained weights of any provider."""

    provider: str


class PackagedTextBackbone(Backbone):
    """Weights of a text encoder in an installed Python package."""

    provider: Literal["package"]
    name: Literal["multilingual-e5-small", "multilingual-e5-small-mean"]


class PackagedImageBackbone(Backbone):
    """Weights of an image network in an installed Python package."""

    provider: Literal["package"]
    name: Literal["efficientnet-lite0"]


class LocalBackbone(Backbone):
    """A local Hugging Face folder."""

    provider: Literal["local"]
    path: PathText


class HubBackbone(Backbone):
    """A model of the Hugging Face Hub at a commit."""

    provider: Literal["hub"]
    name: Text
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$", description="a commit of the model, 40 hex digits")]


PROVIDERS = "a mapping with a provider: package, local or hub"
TextBackbone = Annotated[
    PackagedTextBackbone | LocalBackbone | HubBackbone, Field(discriminator="provider", description=PROVIDERS)
]
ImageBackbone = Annotated[
    PackagedImageBackbone | LocalBackbone | HubBackbone, Field(discriminator="provider", description=PROVIDERS)
]

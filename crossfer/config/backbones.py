"""The blocks of params.yaml that name pretrained weights, one per provider in crossfer/backbones."""

from typing import Annotated, Literal

from pydantic import Field

from crossfer.config.fields import Block, Text


class Backbone(Block):
    """Where pretrained weights come from."""

    provider: str


class PackagedEncoder(Backbone):
    """Weights of a text encoder inside an installed Python package."""

    provider: Literal["package"]
    name: Literal["multilingual-e5-small", "multilingual-e5-small-mean"]


class PackagedVision(Backbone):
    """Weights of a vision model inside an installed Python package."""

    provider: Literal["package"]
    name: Literal["efficientnet-lite0"]


class LocalBackbone(Backbone):
    """A Hugging Face folder on this machine."""

    provider: Literal["local"]
    path: Text


class HubBackbone(Backbone):
    """A model on the Hugging Face Hub, pinned to one commit."""

    provider: Literal["hub"]
    name: Text
    revision: Annotated[
        str, Field(pattern=r"^[0-9a-f]{40}$", description="a commit of the model's repository, 40 hex digits")
    ]


PROVIDERS = "a mapping with a provider: package, local or hub"
TextBackbone = Annotated[
    PackagedEncoder | LocalBackbone | HubBackbone, Field(discriminator="provider", description=PROVIDERS)
]
VisionBackbone = Annotated[
    PackagedVision | LocalBackbone | HubBackbone, Field(discriminator="provider", description=PROVIDERS)
]

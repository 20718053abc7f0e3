"""What differs between text and pictures, behind two protocols; modules of this package fulfil them.

`<modality>.py` knows contents and how they become a model's inputs, `<modality>_model.py` the models that take them.
"""

import importlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline
    from torch import Tensor
    from transformers import PreTrainedModel


class Encoder(Protocol):
    """Turns contents into a model's inputs, the same way in the pipeline and in the served model."""

    def encode(self, contents: Sequence[Any]) -> "list[NDArray[Any]]":
        """One input a content, in their order."""

    def save(self, folder: Path) -> None:
        """Write all that `load_encoder` needs."""


class Modality(Protocol):
    """A kind of content, and all that the stages need to know of it."""

    def normalise(self, content: Any) -> tuple[Any, list[str]]:
        """The content in its one standard form, and the names of what had to be changed."""

    def size(self, content: Any) -> int:
        """How much there is in a normalised content; 0 is nothing."""

    def fingerprint(self, content: Any) -> str:
        """Equal for two normalised contents that count as duplicates."""

    def make_encoder(self, backbone: Path, **options: Any) -> Encoder:
        """The encoder that belongs to a backbone, with the options of params.yaml's `tokenize`."""

    def load_encoder(self, folder: Path) -> Encoder:
        """The encoder that was saved to `folder`."""

    def floor(self) -> "Pipeline":
        """The classical classifier that a pretrained model has to beat, to be fitted on contents."""


class Models(Protocol):
    """The models of a modality."""

    def load(self, folder: Path, labels: Sequence[str] | None = None) -> "PreTrainedModel":
        """The classifier in `folder`; with `labels`, a backbone that gets a new head for them."""

    def freeze(self, model: "PreTrainedModel", embeddings: bool, layers: int) -> None:
        """Keep the embeddings and the lowest layers from being trained."""

    def frozen_once(
        self, model: "PreTrainedModel", inputs: "Sequence[NDArray[Any]]", batch_size: int
    ) -> "AbstractContextManager[list[NDArray[Any]]]":
        """Within, the model takes what is returned, the outputs of its frozen part, instead of `inputs`."""

    def collate(self, model: "PreTrainedModel", inputs: "Sequence[NDArray[Any]]") -> "dict[str, Tensor]":
        """Stack inputs to a batch: the model's keyword arguments."""


def load_modality(name: str) -> Modality:
    """The modality of that name. With `load_models`, the one place where such a name becomes code."""
    modality: Any = importlib.import_module(f"stages.modalities.{name}")
    return modality


def load_models(name: str) -> Models:
    """The models of the modality of that name."""
    models: Any = importlib.import_module(f"stages.modalities.{name}_model")
    return models

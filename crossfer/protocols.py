"""What a modality provides, and how its code is found by name.

modalities/<modality>/data turns contents into inputs, modalities/<modality>/model holds the networks,
compression/<modality>.py exports and quantizes them, robustness/<modality>.py perturbs contents.
"""

import importlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray
    from pandas import DataFrame
    from sklearn.pipeline import Pipeline
    from torch import Tensor
    from transformers import PreTrainedModel


Collate = Callable[["PreTrainedModel", "Sequence[NDArray[Any]]"], "dict[str, Tensor]"]
"""Stacks inputs to a batch: the keyword arguments of the model that it is given."""


class Cleaner(Protocol):
    """Brings contents to the one form that models are trained, scored and served on.

    preprocess also replaces personal data (preprocessing/scrubbing.py). A served model does not: it stores no content.
    """

    def clean(self, content: Any) -> tuple[Any, list[str]]:
        """Return the clean content and the names of the changes."""

    def save(self, folder: Path) -> None:
        """Write what `load_cleaner` reads."""


class Encoder(Protocol):
    """Turns clean contents into a model's inputs, the same way in the pipeline and in the served model."""

    def encode(self, contents: Sequence[Any]) -> "list[NDArray[Any]]":
        """One input a content, in their order."""

    def visible_part(self, content: Any) -> Any:
        """What a model sees of a content: no more than this goes into its input."""

    def batch(self, inputs: "Sequence[NDArray[Any]]") -> "dict[str, NDArray[Any]]":
        """What the modality's graphs take of some inputs, by name."""


class Modality(Protocol):
    """A kind of content, and all that the stages need to know of it."""

    PACKAGES: Sequence[str]
    """What its cleaners and encoders need installed where a model is served."""

    CONTENT_TYPES: tuple[type, ...]
    """The types of a raw content that its cleaners take."""

    def make_cleaner(self, **options: Any) -> Cleaner:
        """The cleaner with the modality's own options of params.yaml's `preprocess`."""

    def load_cleaner(self, folder: Path) -> Cleaner:
        """The cleaner that was saved to `folder`."""

    def size(self, content: Any) -> int:
        """How much there is in a clean content; 0 is nothing."""

    def fingerprint(self, content: Any) -> str:
        """Equal for two clean contents that count as duplicates."""

    def make_encoder(self, backbone: Path, folder: Path, **options: Any) -> Encoder:
        """The encoder that belongs to a backbone, with the options of params.yaml's `tokenize`, written to `folder`."""

    def load_encoder(self, folder: Path) -> Encoder:
        """The encoder that was written to `folder`, without anything that only training needs."""

    def baseline(self) -> "Pipeline":
        """Return the classical classifier that a pretrained model has to beat: a linear one, fitted on contents."""

    def as_html(self, content: Any) -> str:
        """A clean content as a piece of a page, for people to look at."""


class Models(Protocol):
    """The models of a modality."""

    def load(self, folder: Path) -> "PreTrainedModel":
        """The classifier in `folder`."""

    def build(self, backbone: Path, labels: Sequence[str], weights: str) -> "PreTrainedModel":
        """A classifier for `labels` on the backbone, its head new; its weights `pretrained`, or `random` as well."""

    def cached_frozen_outputs(
        self, model: "PreTrainedModel", inputs: "Sequence[NDArray[Any]]", batch_size: int
    ) -> "AbstractContextManager[Sequence[NDArray[Any]]]":
        """Within, the model takes what is returned, the outputs of its frozen part, instead of `inputs`."""

    def collate(self, model: "PreTrainedModel", inputs: "Sequence[NDArray[Any]]") -> "dict[str, Tensor]":
        """Stack inputs to a batch: the model's keyword arguments."""

    def training_collate(self, **options: Any) -> Collate:
        """The same for training, with the modality's own options of params.yaml's `finetune`."""

    def add_noise(self, content: Any, amount: float, generator: "Generator") -> Any:
        """A clean content with noise, a share of it; asked of modalities alone whose `finetune` has `noise`."""


class Compression(Protocol):
    """ONNX export and quantization of a modality's models."""

    def export(self, model: Path, graph: Path, batch: "dict[str, NDArray[Any]]") -> None:
        """Write the classifier in the folder `model` as an fp32 graph, from a batch to logits.

        `batch`, of several rows, is an example; rows, and other sizes that differ between batches, are dynamic.
        """

    def quantize(
        self, graph: Path, int8: Path, batches: "Iterable[dict[str, NDArray[Any]]]", kept_fp32: Collection[str]
    ) -> None:
        """Write the graph quantized to `int8`, except for the nodes `kept_fp32`; `batches` are for calibration."""


class Robustness(Protocol):
    """Perturbations and out-of-distribution contents of a modality."""

    PERTURBATIONS: "Mapping[str, tuple[Callable[[Any, float, Generator], Any], tuple[float, float, float]]]"
    """By name: the function that perturbs a clean content by an amount, and the light, medium and heavy amount."""

    def out_of_distribution(self, name: str) -> "DataFrame":
        """Return the contents that params.yaml's `stress.out_of_distribution` names: columns category, content.

        Raises:
            UserError: they cannot be read.
        """

    def gradient_attacks(
        self, model: "PreTrainedModel", inputs: "Sequence[NDArray[Any]]", batch_size: int
    ) -> "dict[str, list[list[NDArray[Any]]]]":
        """Return inputs changed along the model's gradients: by name of the attack, one list per severity."""


def load_modality(name: str) -> Modality:
    """Return the data code of the modality of that name."""
    return _load(f"modalities.{name}.data")


def load_models(name: str) -> Models:
    """Return the model code of the modality of that name."""
    return _load(f"modalities.{name}.model")


def load_compression(name: str) -> Compression:
    """Return the ONNX export and quantization of the modality of that name."""
    return _load(f"compression.{name}")


def load_robustness(name: str) -> Robustness:
    """Return the perturbations of the modality of that name."""
    return _load(f"robustness.{name}")


def _load(module: str) -> Any:
    """Import a module of the library: the one place where a modality's name becomes code."""
    return importlib.import_module(f"crossfer.{module}")

"""The interface of a modality (text, vision), and how its code is loaded by name.

To add a modality, write these modules with the functions of each protocol, then follow docs/architecture.md to add its
options to params.yaml:

    crossfer/modalities/<modality>/data     Modality     clean and encode contents, the baseline; also used to serve
    crossfer/modalities/<modality>/model    Models       the networks
    crossfer/compression/<modality>.py      Compression  ONNX export and quantization
    crossfer/robustness/<modality>.py       Robustness   perturbed and out-of-distribution contents

A content is one text (str) or image file (bytes). A clean content has the same type. An input is the array that
represents it for the model: token ids or pixels.
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
"""Stacks inputs into a batch: the keyword arguments of the model's forward pass."""


class Cleaner(Protocol):
    """Normalizes contents, equally for training and serving."""

    def clean(self, content: Any) -> tuple[Any, list[str]]:
        """Return the clean content and its changes, which quality.json counts.

        Raises:
            UserError: the content cannot be read, for instance a damaged image.
        """

    def save(self, folder: Path) -> None:
        """Write the options that `Modality.load_cleaner` reads."""


class Encoder(Protocol):
    """Turns clean contents into inputs, equally for training and serving."""

    def encode(self, contents: Sequence[Any]) -> "list[NDArray[Any]]":
        """Return one input per content."""

    def encode_and_count(self, contents: Sequence[Any]) -> "tuple[list[NDArray[Any]], int | None]":
        """Return one input per content, and how many contents are truncated.

        The number is None if no content ever is.
        """

    def describe_sizes(self, lengths: Sequence[int]) -> str:
        """Return the sizes of inputs with these lengths, such as their mean, in words."""

    def visible_part(self, content: Any) -> Any:
        """Return the part of a content that is not truncated."""

    def batch(self, inputs: "Sequence[NDArray[Any]]") -> "dict[str, NDArray[Any]]":
        """Stack inputs into a batch: the arrays that the ONNX graph takes, by name."""


class Modality(Protocol):
    """The data of a modality. Serving uses it: import torch only where needed."""

    PACKAGES: Sequence[str]
    """Packages that its cleaner and encoder need where a model serves."""

    CONTENT_TYPES: tuple[type, ...]
    """Python types of a content."""

    def make_cleaner(self, **options: Any) -> Cleaner:
        """Return a cleaner with the modality's options in `preprocess`."""

    def load_cleaner(self, folder: Path) -> Cleaner:
        """Return the cleaner that `Cleaner.save` wrote to `folder`."""

    def make_encoder(self, backbone: Path, folder: Path, **options: Any) -> Encoder:
        """Return a backbone's encoder with the options in `tokenize`, and save it."""

    def load_encoder(self, folder: Path) -> Encoder:
        """Return the encoder that `make_encoder` wrote to `folder`."""

    def size(self, content: Any) -> int:
        """Return the size of a clean content, such as its letters; 0 if empty."""

    def fingerprint(self, content: Any) -> str:
        """Return a text that is equal for clean contents that count as duplicates."""

    def baseline(self) -> "Pipeline":
        """Return the untrained baseline: a linear classifier of clean contents."""

    def as_html(self, content: Any) -> str:
        """Return a clean content as HTML, for the page of mistakes."""


class Models(Protocol):
    """The networks of a modality."""

    def load(self, folder: Path) -> "PreTrainedModel":
        """Load a classifier."""

    def build(self, backbone: Path, labels: Sequence[str], weights: str) -> "PreTrainedModel":
        """Return a classifier with a new head on `pretrained` or `random` weights."""

    def prepare_inputs(
        self, model: "PreTrainedModel", inputs: "Sequence[NDArray[Any]]", batch_size: int
    ) -> "AbstractContextManager[Sequence[NDArray[Any]]]":
        """Prepare inputs for training: in the block, the model takes the yielded arrays.

        If possible, they are the outputs of the frozen layers, which run only once. Otherwise they are `inputs`, for
        instance because augmentation changes every batch.

        Raises:
            UserError: the model does not accept the inputs.
        """

    def collate(self, model: "PreTrainedModel", inputs: "Sequence[NDArray[Any]]") -> "dict[str, Tensor]":
        """Stack inputs into a batch for validation and scoring; see `Collate`."""

    def training_collate(self, **options: Any) -> Collate:
        """Return `collate` for training, with the modality's options in `finetune`."""

    def add_noise(self, content: Any, amount: float, generator: "Generator") -> Any:
        """Perturb a fraction of a content. Needed for the option `noise_fraction`."""


class Compression(Protocol):
    """ONNX export and quantization of a modality's models."""

    def export(self, model: Path, graph: Path, batch: "dict[str, NDArray[Any]]") -> None:
        """Write a classifier as an fp32 ONNX graph from a batch to logits.

        `batch` is an example of several rows. Rows, and sizes that differ between batches, become dynamic.
        """

    def quantize(
        self, graph: Path, int8_graph: Path, batches: "Iterable[dict[str, NDArray[Any]]]", fp32_nodes: Collection[str]
    ) -> None:
        """Write an int8 graph in which the named nodes stay in fp32.

        The batches calibrate it if necessary.
        """


class Robustness(Protocol):
    """Perturbed and out-of-distribution contents of a modality."""

    PERTURBATIONS: "Mapping[str, tuple[Callable[[Any, float, Generator], Any], tuple[float, float, float]]]"
    """By name: a function that perturbs a clean content by an amount, and the amounts: light, medium, heavy."""

    def out_of_distribution(self, name: str) -> "DataFrame":
        """Return out-of-distribution contents: columns category, content.

        Raises:
            UserError: they cannot be read.
        """

    def gradient_attacks(
        self, model: "PreTrainedModel", inputs: "Sequence[NDArray[Any]]", batch_size: int
    ) -> "dict[str, list[list[NDArray[Any]]]]":
        """Return attacked inputs at each severity, by attack; empty if none applies."""


def load_modality(name: str) -> Modality:
    """Import the data code of a modality."""
    return _import(f"modalities.{name}.data")


def load_models(name: str) -> Models:
    """Import the networks of a modality."""
    return _import(f"modalities.{name}.model")


def load_compression(name: str) -> Compression:
    """Import the ONNX export and quantization of a modality."""
    return _import(f"compression.{name}")


def load_robustness(name: str) -> Robustness:
    """Import the perturbations of a modality."""
    return _import(f"robustness.{name}")


def _import(module: str) -> Any:
    """Import a module of the library. Only here does a modality's name become code."""
    return importlib.import_module(f"crossfer.{module}")

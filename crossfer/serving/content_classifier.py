"""Classify raw contents with a model of any format.

A content that cannot be classified gets an error instead of a label.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from crossfer.artifacts.chunks import chunked
from crossfer.errors import UserError
from crossfer.protocols import load_modality

MAX_CONTENTS = 1024  # of a chunk
MAX_CHUNK_SIZE = 20_000_000  # characters or bytes, approximately


@dataclass(frozen=True)
class Prediction:
    """The prediction for one content. With an error, all other attributes are None.

    Attributes:
        label: the most probable label.
        probability: of that label.
        probabilities: of all labels, by name.
        error: reason why the content cannot be classified.
    """

    label: str | None
    probability: float | None
    probabilities: dict[str, float] | None
    error: str | None = None


class ContentClassifier(ABC):
    """Cleans and encodes contents as the pipeline does, and classifies them."""

    labels: Sequence[str]
    """In the order of the model's outputs."""

    def __init__(self, folder: Path, modality_name: str) -> None:
        """Load cleaner and encoder from the folder of a model."""
        modality = load_modality(modality_name)
        self.size, self.content_types = modality.size, modality.CONTENT_TYPES
        self.cleaner, self.encoder = modality.load_cleaner(folder), modality.load_encoder(folder)

    @abstractmethod
    def probabilities(self, inputs: Sequence[NDArray[Any]]) -> Iterable[NDArray[Any]]:
        """Return the probabilities of all labels for each input, in order."""

    def predict(self, contents: Iterable[Any]) -> Iterator[Prediction]:
        """Yield one prediction per content, in order.

        One chunk of contents at a time is in memory. A content that is a `UserError` (its file could not be read) gives
        a prediction with that error.
        """
        for chunk in chunked(contents, MAX_CONTENTS, MAX_CHUNK_SIZE, _size):
            yield from self._predict_chunk(chunk)

    def _predict_chunk(self, contents: Sequence[Any]) -> list[Prediction]:
        predictions: dict[int, Prediction] = {}
        clean_contents: dict[int, Any] = {}
        for index, content in enumerate(contents):
            try:
                clean_contents[index] = self._clean(content)
            except UserError as error:
                predictions[index] = Prediction(None, None, None, str(error))
        inputs = self.encoder.encode(list(clean_contents.values()))
        rows = self.probabilities(inputs)
        for index, values in zip(clean_contents, rows, strict=True):
            probabilities = dict(zip(self.labels, map(float, values), strict=True))
            label = self.labels[int(values.argmax())]
            predictions[index] = Prediction(label, probabilities[label], probabilities)
        return [predictions[index] for index in range(len(contents))]

    def _clean(self, content: Any) -> Any:
        if isinstance(content, UserError):
            raise content
        if not isinstance(content, self.content_types):
            types = " or ".join(content_type.__name__ for content_type in self.content_types)
            raise UserError(f"a content has the type {type(content).__name__}; pass {types} instead.")
        clean_content, _ = self.cleaner.clean(content)
        if not self.size(clean_content):
            raise UserError("the content is empty after cleaning; pass another one.")
        return clean_content


def _size(content: Any) -> int:
    """Return the length of a content; 0 for an invalid one, which `_clean` rejects."""
    return len(content) if isinstance(content, Sized) else 0

"""Classify raw contents with a compressed model."""

import json
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossfer.artifacts import model_files
from crossfer.artifacts.chunks import chunked
from crossfer.artifacts.paths import CLASSIFIER_FILE, GRAPH_FILE
from crossfer.errors import UserError
from crossfer.protocols import load_modality
from crossfer.serving.session import open_session, predict_probabilities

MODALITIES = ("text", "vision")  # a model's file must not choose which module is imported
MAX_CONTENTS = 1024  # of a chunk; only contents of one chunk can share a batch of similar length
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


class Classifier:
    """A compressed model."""

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """Load the model from a folder that compress wrote.

        Args:
            folder: of the model.
            threads: of onnxruntime; 0 for one per core.

        Raises:
            UserError: the folder has no such model, or files that are too large or too deeply nested.
        """
        model_files.check(folder)
        try:
            description = json.loads((folder / CLASSIFIER_FILE).read_text(encoding="utf-8"))
            if description["modality"] not in MODALITIES:
                raise ValueError(f"unknown modality {description['modality']!r}")
            modality = load_modality(description["modality"])
            self.labels: list[str] = description["labels"]
            self.size, self.content_types = modality.size, modality.CONTENT_TYPES
            self.cleaner, self.encoder = modality.load_cleaner(folder), modality.load_encoder(folder)
            self.session = open_session(folder / GRAPH_FILE, threads)
        except Exception as error:  # each library raises its own for a broken file
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UserError(
                f"{folder} has no complete compressed model: {reason}; run `dvc repro` to write it."
            ) from error

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
        rows = predict_probabilities(self.session, self.encoder, inputs)
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

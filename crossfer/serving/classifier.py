"""A compressed model as it is used: contents in, answers out, in their order."""

import json
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossfer.artifacts import model_files
from crossfer.artifacts.chunks import chunked
from crossfer.artifacts.paths import DESCRIPTION, GRAPH
from crossfer.errors import UserError
from crossfer.protocols import load_modality
from crossfer.serving.session import batches_by_tokens, max_batch_tokens, open_session, probabilities

MODALITIES = ("text", "vision")  # a file may name no other module to import
HELD = 1024  # contents that are in memory at a time, so that those of similar length can go together
HELD_SIZE = 20_000_000  # characters or bytes of contents that are in memory at a time, about


@dataclass(frozen=True)
class Answer:
    """What a classifier says of a content.

    Attributes:
        label: the most probable one; None where the content could not be read.
        probability: the label's.
        probabilities: of every label.
        error: why there is no label.
    """

    label: str | None
    probability: float | None
    probabilities: dict[str, float] | None
    error: str | None = None


class Classifier:
    """The model in a folder that compress wrote."""

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """Load it.

        Args:
            folder: as compress writes it.
            threads: of onnxruntime; 0 for as many as there are cores.

        Raises:
            UserError: the folder is no such model, or has files that no model has so large or so deeply nested.
        """
        model_files.check(folder)
        try:
            description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
            if description["modality"] not in MODALITIES:
                raise ValueError(f"unknown modality {description['modality']!r}")
            modality = load_modality(description["modality"])
            self.labels: list[str] = description["labels"]
            self.size, self.content_types = modality.size, modality.CONTENT_TYPES
            self.cleaner, self.encoder = modality.load_cleaner(folder), modality.load_encoder(folder)
            self.session = open_session(folder / GRAPH, threads)
        except Exception as error:  # of whichever library read the file that is missing or broken
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UserError(
                f"{folder} holds no compressed model, or half of one: {why}; make it anew: dvc repro."
            ) from error

    def answers(self, contents: Iterable[Any]) -> Iterator[Answer]:
        """Yield an answer a content, in their order; HELD contents are in memory at a time, fewer if they are large."""
        for some in chunked(contents, HELD, HELD_SIZE, _size):
            yield from self._answered(some)

    def _answered(self, contents: Sequence[Any]) -> list[Answer]:
        """An answer a content."""
        answers: list[Answer | None] = [None] * len(contents)
        clean, places = [], []
        for place, content in enumerate(contents):
            try:
                clean.append(self._cleaned(content))
                places.append(place)
            except UserError as error:
                answers[place] = Answer(None, None, None, str(error))
        inputs = self.encoder.encode(clean)
        for rows in batches_by_tokens(inputs, max_batch_tokens(self.session)):
            found = probabilities(self.session, self.encoder.batch([inputs[row] for row in rows]))
            for row, shares in zip(rows, found, strict=True):
                best = int(shares.argmax())
                by_name = dict(zip(self.labels, map(float, shares), strict=True))
                answers[places[row]] = Answer(self.labels[best], float(shares[best]), by_name)
        return [answer for answer in answers if answer is not None]

    def _cleaned(self, content: Any) -> Any:
        """The content in the form that the model was trained on.

        Raises:
            UserError: it is empty, of another type, or a `UserError` itself: why its file could not be read.
        """
        if isinstance(content, UserError):
            raise content
        if not isinstance(content, self.content_types):
            raise UserError(f"a content has the type {type(content).__name__}, which this model does not take.")
        cleaned, _ = self.cleaner.clean(content)
        if not self.size(cleaned):
            raise UserError("there is nothing in the content that could be classified.")
        return cleaned


def _size(content: Any) -> int:
    """How large a content is; what has no length is no content, and will be told so."""
    return len(content) if isinstance(content, Sized) else 0

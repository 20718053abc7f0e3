"""A compressed model as it is used: contents in, answers out, in their order."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from crossfer.artifacts import model_files
from crossfer.artifacts.chunks import chunked
from crossfer.artifacts.paths import DESCRIPTION, GRAPH
from crossfer.errors import UserError
from crossfer.protocols import load_modality

KNOWN = {name: name for name in ("text", "vision")}  # modalities: what a file says is not imported unseen
BATCH_SIZE = 32  # contents that are run at a time, at most
LONGEST = 1024  # tokens of a batch, filled up, at most: more are no faster, and take memory
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
            modality = load_modality(KNOWN[description["modality"]])
            self.labels: list[str] = description["labels"]
            self.size = modality.size
            self.cleaner, self.encoder = modality.load_cleaner(folder), modality.load_encoder(folder)
            self.session = session(folder / GRAPH, threads)
        except Exception as error:  # of whichever library read the file that is missing or broken
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UserError(
                f"{folder} holds no compressed model, or half of one: {why}; make it anew: dvc repro."
            ) from None

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
        for rows in batches(inputs, longest(self.session)):
            found = probabilities(self.session, self.encoder.batch([inputs[row] for row in rows]))
            for row, shares in zip(rows, found, strict=True):
                best = int(shares.argmax())
                by_name = dict(zip(self.labels, map(float, shares), strict=True))
                answers[places[row]] = Answer(self.labels[best], float(shares[best]), by_name)
        return [answer for answer in answers if answer is not None]

    def _cleaned(self, content: Any) -> Any:
        """The content in the form that the model was trained on.

        Raises:
            UserError: there is nothing in it, or it is no content at all.
        """
        try:
            cleaned, _ = self.cleaner.clean(content)
        except (TypeError, AttributeError):
            raise UserError(f"a content is of type {type(content).__name__}, which this model does not take.") from None
        if not self.size(cleaned):
            raise UserError("there is nothing in the content that could be classified.")
        return cleaned


def _size(content: Any) -> int:
    """How large a content is; what has no length is no content, and will be told so."""
    return len(content) if isinstance(content, Sized) else 0


def batches(inputs: Sequence[Sized], longest: int | None) -> list[list[int]]:
    """Row numbers, some at a time, rows of similar length together, so that little is filled up.

    Args:
        inputs: one a row.
        longest: how long a batch's inputs may be together, filled up; None for any length. There are no more than
            BATCH_SIZE of them in any case.
    """
    found: list[list[int]] = []
    for row in sorted(range(len(inputs)), key=lambda row: len(inputs[row])):
        size = len(found[-1]) if found else 0
        if 0 < size < BATCH_SIZE and (longest is None or (size + 1) * len(inputs[row]) <= longest):
            found[-1].append(row)
        else:
            found.append([row])
    return found


def longest(graph: onnxruntime.InferenceSession) -> int | None:
    """How long a batch of the graph's inputs should be together; None where all of them have one size."""
    dynamic = [size for size in graph.get_inputs()[0].shape if isinstance(size, str)]
    return LONGEST if len(dynamic) > 1 else None


def session(graph: Path, threads: int) -> onnxruntime.InferenceSession:
    """The graph, ready to run on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors: what it says of its own optimisations is of no use to anyone here
    with _in_one_folder(graph) as file:
        return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


@contextmanager
def _in_one_folder(graph: Path) -> Iterator[Path]:
    """The graph beside its weights: onnxruntime follows no link out of a folder, and DVC's cache may be linked to."""
    files = [file for file in (graph, graph.with_name(f"{graph.name}.data")) if file.exists()]
    if not any(file.is_symlink() for file in files):
        yield graph
        return
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            shutil.copyfile(file, Path(folder) / file.name)
        yield Path(folder) / graph.name


def probabilities(graph: onnxruntime.InferenceSession, batch: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
    """The graph's softmax of a batch, (rows, labels)."""
    logits = graph.run(None, batch)[0].astype(np.float64)
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)

"""What a graph says of the test rows of a domain."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from crossfer.artifacts import io
from crossfer.artifacts.paths import INPUT, SPLIT, TEST
from crossfer.protocols import Encoder
from crossfer.serving.session import BATCH_SIZE, batches_by_length, max_batch_tokens, open_session, probabilities


@dataclass(frozen=True)
class Scorer:
    """Runs graphs on inputs.

    Attributes:
        encoder: makes batches of inputs.
        threads: of onnxruntime.
    """

    encoder: Encoder
    threads: int

    def batches(self, inputs: Sequence[NDArray[Any]]) -> Iterator[dict[str, NDArray[Any]]]:
        """The inputs as a graph takes them, BATCH_SIZE at a time, in their order."""
        for start in range(0, len(inputs), BATCH_SIZE):
            yield self.encoder.batch(inputs[start : start + BATCH_SIZE])

    def of_inputs(self, graph: Path, inputs: Sequence[NDArray[Any]], what: str) -> NDArray[np.float64]:
        """The probabilities of every input, (rows, labels), in their order; `what` is named beside the progress bar."""
        session = open_session(graph, self.threads)
        found: dict[int, NDArray[np.float64]] = {}
        for rows in tqdm(batches_by_length(inputs, max_batch_tokens(session)), desc=what, unit="batch", disable=None):
            shares = probabilities(session, self.encoder.batch([inputs[row] for row in rows]))
            found |= dict(zip(rows, shares, strict=True))
        return np.stack([found[row] for row in range(len(inputs))])

    def of_tests(self, graph: Path, table: Path, what: str) -> NDArray[np.float64]:
        """The same of a table's test rows; a piece of the table at a time is in memory."""
        return np.concatenate([self.of_inputs(graph, inputs, what) for inputs in test_inputs(table)])


def test_inputs(table: Path) -> Iterator[list[NDArray[Any]]]:
    """The inputs of a table's test rows, some at a time."""
    for rows in io.read_chunks(table):
        if inputs := list(rows.loc[rows[SPLIT] == TEST, INPUT]):
            yield inputs

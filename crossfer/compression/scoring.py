"""Probabilities that a graph gives the test rows of a domain, and inputs for its calibration."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from crossfer.artifacts import io
from crossfer.artifacts.paths import INPUT, LABEL, SPLIT, TEST, TRAIN
from crossfer.modeling.sampling import training_rows
from crossfer.protocols import Encoder
from crossfer.serving.session import BATCH_SIZE, batches_by_tokens, max_batch_tokens, open_session, probabilities


@dataclass(frozen=True)
class Scorer:
    """Runs graphs on inputs.

    Attributes:
        encoder: makes batches of inputs.
        threads: of onnxruntime.
    """

    encoder: Encoder
    threads: int

    def of_inputs(self, graph: Path, inputs: Sequence[NDArray[Any]], title: str) -> NDArray[np.float64]:
        """Return the probabilities of every input, (rows, labels), in their order; the progress bar has a title."""
        session = open_session(graph, self.threads)
        found: dict[int, NDArray[np.float64]] = {}
        for rows in tqdm(batches_by_tokens(inputs, max_batch_tokens(session)), desc=title, unit="batch", disable=None):
            batch = probabilities(session, self.encoder.batch([inputs[row] for row in rows]))
            found |= dict(zip(rows, batch, strict=True))
        return np.stack([found[row] for row in range(len(inputs))])

    def of_tests(self, graph: Path, table: Path, title: str) -> NDArray[np.float64]:
        """Return the same of a table's test rows; one chunk of the table at a time is in memory."""
        return np.concatenate([self.of_inputs(graph, inputs, title) for inputs in test_inputs(table)])


def test_inputs(table: Path) -> Iterator[list[NDArray[Any]]]:
    """Yield the inputs of a table's test rows, one chunk at a time."""
    for rows in io.read_split(table, TEST, [INPUT]):
        yield list(rows[INPUT])


def calibration_batches(encoder: Encoder, source: Path, number: int, seed: int) -> list[dict[str, NDArray[Any]]]:
    """Return batches of so many of the source's training rows, stratified by label."""
    rows = io.read_table(source, [LABEL, SPLIT, INPUT])
    fraction = min(1.0, number / (rows[SPLIT] == TRAIN).sum())
    inputs = list(training_rows(rows, seed, fraction)[INPUT])
    return [encoder.batch(inputs[start : start + BATCH_SIZE]) for start in range(0, len(inputs), BATCH_SIZE)]

"""Run graphs on the rows of token tables."""

from collections.abc import Iterator, Mapping, Sequence
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
from crossfer.serving.session import open_session, predict_probabilities

CALIBRATION_BATCH_SIZE = 32

Probabilities = Mapping[str, NDArray[np.float64]]
"""By domain: (rows, labels)."""


@dataclass(frozen=True)
class GraphRunner:
    """Runs graphs on the CPU as they are served: one input at a time.

    Attributes:
        encoder: turns an input into the arrays that the graph takes.
        tables: the token table of each domain, by name.
        threads: that run different inputs at the same time.
    """

    encoder: Encoder
    tables: Mapping[str, Path]
    threads: int

    def predict_tests(self, graph: Path) -> Probabilities:
        """Return the probabilities of all test rows, by domain.

        One chunk of a table at a time is in memory.
        """
        session = open_session(graph)
        return {
            domain: np.stack(
                [
                    probabilities
                    for inputs in inputs_of_split(table, TEST)
                    for probabilities in predict_probabilities(session, self.encoder, inputs, self.threads)
                ]
            )
            for domain, table in tqdm(self.tables.items(), desc="predict", unit="domain", disable=None)
        }

    def predict(self, graph: Path, inputs: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        """Return the probabilities of inputs, (rows, labels)."""
        return np.stack(predict_probabilities(open_session(graph), self.encoder, inputs, self.threads))

    def first_test_inputs(self, domain: str, n_rows: int) -> list[NDArray[Any]]:
        """Return the inputs of a domain's first test rows."""
        return next(inputs_of_split(self.tables[domain], TEST))[:n_rows]


def inputs_of_split(table: Path, split: str) -> Iterator[list[NDArray[Any]]]:
    """Yield the inputs of one split, one chunk of the table at a time."""
    for rows in io.read_split(table, split, [INPUT]):
        yield list(rows[INPUT])


def calibration_batches(encoder: Encoder, table: Path, n_rows: int, seed: int) -> list[dict[str, NDArray[Any]]]:
    """Return batches of about `n_rows` training rows, stratified by label."""
    rows = io.read_table(table, [LABEL, SPLIT, INPUT])
    fraction = min(1.0, n_rows / (rows[SPLIT] == TRAIN).sum())
    inputs = list(training_rows(rows, seed, fraction)[INPUT])
    return [
        encoder.batch(inputs[start : start + CALIBRATION_BATCH_SIZE])
        for start in range(0, len(inputs), CALIBRATION_BATCH_SIZE)
    ]

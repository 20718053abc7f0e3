"""Check the model's predictions for test rows under each perturbation."""

import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossfer.artifacts import io
from crossfer.artifacts.paths import CONTENT, ID, LABEL, TEST
from crossfer.errors import UserError
from crossfer.protocols import Cleaner, Encoder, Modality, Robustness

SEVERITIES = ("light", "medium", "heavy")
CLEAN = "none"  # perturbation and severity of unperturbed rows

Input = NDArray[Any]
Logits = Callable[[Sequence[Input], str], NDArray[np.float32]]
"""Returns the model's outputs for inputs, (rows, labels); the text names the progress bar."""


@dataclass(frozen=True)
class PerturbedScorer:
    """Perturbs contents and checks the model's predictions for them."""

    modality: Modality
    robustness: Robustness
    cleaner: Cleaner
    encoder: Encoder
    logits: Logits
    gradient_attacks: Callable[[Sequence[Input]], dict[str, list[list[Input]]]]  # by name, one list per severity
    labels: Sequence[str]  # in the order of the model's outputs
    seed: int

    def score_domain(self, rows: pd.DataFrame, domain: str) -> pd.DataFrame:
        """Return whether the model's prediction is correct for each row and perturbation.

        Only the part of a content that the model sees is perturbed. Each perturbed content is scored with and without
        the cleaner; one that the cleaner refuses is not correct. Attacks change the inputs themselves.

        Takes the columns id, content, label; returns id, domain, perturbation, severity, cleaned, correct.
        """
        contents = [self.encoder.visible_part(content) for content in rows[CONTENT]]
        clean_inputs = self.encoder.encode(contents)
        cases: list[tuple[str, str, bool, Sequence[Input | None]]] = [(CLEAN, CLEAN, True, clean_inputs)]
        for name, (perturb, amounts) in self.robustness.PERTURBATIONS.items():
            for severity, amount in zip(SEVERITIES, amounts, strict=True):
                perturbed_contents = [
                    perturb(content, amount, self._generator(str(row), name))
                    for row, content in zip(rows[ID], contents, strict=True)
                ]
                cases.append((name, severity, True, self.encode_cleaned(perturbed_contents)))
                cases.append((name, severity, False, self.encoder.encode(perturbed_contents)))
        for name, versions in self.gradient_attacks(clean_inputs).items():
            cases += [(name, severity, True, inputs) for severity, inputs in zip(SEVERITIES, versions, strict=True)]
        # The model classifies equal inputs once.
        distinct_inputs = {array.tobytes(): array for *_, inputs in cases for array in inputs if array is not None}
        best_indexes = self.logits(list(distinct_inputs.values()), domain).argmax(1)
        predictions = dict(zip(distinct_inputs, (self.labels[index] for index in best_indexes), strict=True))
        results = [
            (row, domain, name, severity, cleaned, array is not None and predictions[array.tobytes()] == label)
            for name, severity, cleaned, inputs in cases
            for row, label, array in zip(rows[ID], rows[LABEL], inputs, strict=True)
        ]
        return pd.DataFrame(results, columns=[ID, "domain", "perturbation", "severity", "cleaned", "correct"])

    def encode_cleaned(self, contents: Sequence[Any]) -> list[Input | None]:
        """Return the input of each content after cleaning.

        None if the cleaner refuses the content or nothing remains.
        """
        inputs: list[Input | None] = []
        for content in contents:
            try:
                clean_content, _ = self.cleaner.clean(content)
            except UserError:
                inputs.append(None)
                continue
            inputs.append(self.encoder.encode([clean_content])[0] if self.modality.size(clean_content) else None)
        return inputs

    def _generator(self, row: str, perturbation: str) -> np.random.Generator:
        """Return the random number generator of a row and perturbation.

        It is the same for each severity and parallel domain.
        """
        return np.random.default_rng([self.seed, zlib.crc32(row.encode()), zlib.crc32(perturbation.encode())])


def draw_rows(table: Path, count: int) -> pd.DataFrame:
    """Return at most `count` test rows of a table.

    Those are the rows whose ids have the smallest SHA-256: the same items in all parallel domains. Columns id, content,
    label.
    """
    chunks = [_smallest_digests(rows, count) for rows in io.read_split(table, TEST, [ID, CONTENT, LABEL])]
    return _smallest_digests(pd.concat(chunks, ignore_index=True), count).reset_index(drop=True)


def _smallest_digests(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    digests = rows[ID].map(lambda row: hashlib.sha256(row.encode()).hexdigest()).sort_values()
    return rows.loc[digests.index[:count]]

"""Test rows disturbed in each perturbation, and whether the model still has them right."""

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
CLEAN = "none"  # the perturbation and the severity of rows as they are

Logits = Callable[[Sequence[NDArray[Any]], str], NDArray[np.float32]]
"""The model's output of inputs, (rows, labels); the text is named beside the progress bar."""


@dataclass(frozen=True)
class PerturbedScorer:
    """What is needed to disturb contents and to let the model answer them.

    Attributes:
        modality: of the contents.
        stress: the perturbations they are disturbed.
        cleaner: brings contents to their one form, as it is served.
        encoder: turns them into the model's inputs.
        logits: the model.
        gradient_attacks: the model's inputs, changed by its own gradients, by name of the attack at each severity.
        labels: the model's.
        seed: of what is drawn.
    """

    modality: Modality
    stress: Robustness
    cleaner: Cleaner
    encoder: Encoder
    logits: Logits
    gradient_attacks: Callable[[Sequence[NDArray[Any]]], dict[str, list[list[NDArray[Any]]]]]
    labels: Sequence[str]
    seed: int

    def of_domain(self, rows: pd.DataFrame, domain: str) -> pd.DataFrame:
        """Whether the model has rows right, as they are and disturbed.

        Of each row only what the model sees of it is disturbed; what it makes of an input that it has answered before
        is not asked again. A disturbed content goes through the cleaner, as where the model is served, and once more
        without it. One that the cleaner refuses is not right. Attacks are made on the inputs themselves.

        Args:
            rows: columns id, content, label.
            domain: the domain's name.

        Returns:
            A row a content asked: domain, perturbation, severity, cleaned, id, right.
        """
        seen = [self.encoder.visible_part(content) for content in rows[CONTENT]]
        asked: list[tuple[str, str, bool, list[NDArray[Any] | None]]] = []
        plain = self.encoder.encode(seen)
        asked.append((CLEAN, CLEAN, True, list(plain)))
        for name, (perturbation, amounts) in self.stress.PERTURBATIONS.items():
            for severity, amount in zip(SEVERITIES, amounts, strict=True):
                disturbed = [
                    perturbation(content, amount, self._generator(str(row), name))
                    for row, content in zip(rows[ID], seen, strict=True)
                ]
                asked.append((name, severity, True, self.cleaned(disturbed)))
                asked.append((name, severity, False, list(self.encoder.encode(disturbed))))
        for name, versions in self.gradient_attacks(plain).items():
            asked += [(name, severity, True, list(one)) for severity, one in zip(SEVERITIES, versions, strict=True)]
        different = {key(one): one for *_, inputs in asked for one in inputs if one is not None}
        best = self.logits(list(different.values()), domain).argmax(1)
        guess = dict(zip(different, (self.labels[number] for number in best), strict=True))
        found = [
            {ID: row, "domain": domain, "perturbation": perturbation, "severity": severity, "cleaned": cleaned}
            | {"right": one is not None and guess[key(one)] == truth}
            for perturbation, severity, cleaned, inputs in asked
            for row, truth, one in zip(rows[ID], rows[LABEL], inputs, strict=True)
        ]
        return pd.DataFrame(found)

    def cleaned(self, contents: Sequence[Any]) -> list[NDArray[Any] | None]:
        """The input of each content in its one form; None where there is nothing in it."""
        found: list[NDArray[Any] | None] = []
        for content in contents:
            try:
                clean, _ = self.cleaner.clean(content)
            except UserError:
                clean = None
            known = clean is not None and self.modality.size(clean) > 0
            found.append(self.encoder.encode([clean])[0] if known else None)
        return found

    def _generator(self, row: str, perturbation: str) -> np.random.Generator:
        """Return the generator of a row and perturbation: the same for each severity and parallel domain."""
        return np.random.default_rng([self.seed, zlib.crc32(row.encode()), zlib.crc32(perturbation.encode())])


def key(one: NDArray[Any]) -> bytes:
    """Equal for equal inputs."""
    return one.tobytes()


def draw_rows(table: Path, number: int) -> pd.DataFrame:
    """Return at most `number` test rows of a table: those whose ids have the smallest digests.

    So the same items are drawn in all domains that hold them. Columns id, content, label.
    """
    chunks = (_smallest(rows, number) for rows in io.read_split(table, TEST, [ID, CONTENT, LABEL]))
    chosen = pd.concat(chunks, ignore_index=True)  # chunks have the same indexes
    return _smallest(chosen, number).reset_index(drop=True)


def _smallest(rows: pd.DataFrame, number: int) -> pd.DataFrame:
    """The rows whose ids have the smallest digests."""
    order = rows[ID].map(lambda row: hashlib.sha256(row.encode()).hexdigest()).sort_values()
    return rows.loc[order.index[:number]]

"""Noise in training: what a model has seen once with mistakes in it, it knows again."""

import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from crossfer.artifacts.paths import CONTENT, ID, INPUT
from crossfer.protocols import load_modality, load_models


def append_noisy_copies(rows: pd.DataFrame, modality: str, encoder: Path, amount: float, seed: int) -> pd.DataFrame:
    """The rows, and behind them a copy of each whose content has noise; the rows alone for an amount of 0.

    Args:
        rows: columns id, content, input, label; the index does not matter.
        modality: of the contents.
        encoder: the folder that tokenize wrote it to.
        amount: share of the content that is disturbed, or deviation of the noise, as the modality has it.
        seed: of the noise.
    """
    if not amount:
        return rows
    models, encode = load_models(modality), load_modality(modality).load_encoder(encoder).encode
    generators = (np.random.default_rng([seed, zlib.crc32(row.encode())]) for row in rows[ID])
    contents = [models.add_noise(content, amount, one) for content, one in zip(rows[CONTENT], generators, strict=True)]
    copies = rows.copy()
    copies[INPUT] = pd.Series(encode(contents), rows.index)
    return pd.concat([rows, copies], ignore_index=True)

"""Augment training data with noise: add perturbed copies of training rows."""

import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from crossfer.artifacts.paths import CONTENT, ID, INPUT
from crossfer.protocols import load_modality, load_models


def add_noisy_copies(rows: pd.DataFrame, modality: str, encoder: Path, amount: float, seed: int) -> pd.DataFrame:
    """Return the rows followed by a noisy copy of each; the rows if the amount is 0.

    Columns: id, content, input, label. `encoder` is the folder that tokenize wrote. The modality's `add_noise` defines
    the amount.
    """
    if not amount:
        return rows
    add_noise, encode = load_models(modality).add_noise, load_modality(modality).load_encoder(encoder).encode
    generators = (np.random.default_rng([seed, zlib.crc32(row.encode())]) for row in rows[ID])
    pairs = zip(rows[CONTENT], generators, strict=True)
    inputs = encode([add_noise(content, amount, generator) for content, generator in pairs])
    copies = rows.assign(**{INPUT: pd.Series(inputs, rows.index)})
    return pd.concat([rows, copies], ignore_index=True)

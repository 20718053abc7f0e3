"""All that stress measures of a task."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from crossfer.robustness.confidence import Said


@dataclass(frozen=True)
class Results:
    """All that stress measures of a task.

    Attributes:
        task: its name.
        modality: its modality.
        source: its source domain.
        rows: how many of a domain were disturbed, at most.
        measured: as `scores.table` gives it.
        said: what the model said of each domain.
        calibrated: as `confidence.table` gives it.
        out_of_distribution: as in params.yaml.
        scopes: as `confidence.out_of_scope` gives it; None if there are no out-of-distribution contents.
        temperature: fitted on validation rows of the source.
    """

    task: str
    modality: str
    source: str
    rows: int
    measured: pd.DataFrame
    said: Mapping[str, Said]
    calibrated: pd.DataFrame
    out_of_distribution: str
    scopes: pd.DataFrame | None
    temperature: float

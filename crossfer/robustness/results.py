"""All that stress measures of a task."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from crossfer.robustness.confidence import Predictions


@dataclass(frozen=True)
class Results:
    """All that stress measures of a task.

    Attributes:
        task: its name.
        modality: its modality.
        source: its source domain.
        rows: how many of a domain were disturbed, at most.
        measured: as `scores.table` gives it.
        predictions: of each domain, as `confidence.group_predictions` gives them.
        calibrated: as `confidence.table` gives it.
        out_of_distribution: as in params.yaml.
        scopes: as `confidence.out_of_distribution_table` gives it; None if there are no out-of-distribution contents.
        temperature: fitted on validation rows of the source.
    """

    task: str
    modality: str
    source: str
    rows: int
    measured: pd.DataFrame
    predictions: Mapping[str, Predictions]
    calibrated: pd.DataFrame
    out_of_distribution: str
    scopes: pd.DataFrame | None
    temperature: float

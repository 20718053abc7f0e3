"""All measurements of the stage stress for one task."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from crossfer.robustness.confidence import Predictions


@dataclass(frozen=True)
class Results:
    """All measurements of the stage stress for one task.

    Attributes:
        task: name of the task.
        modality: name of its modality.
        source: name of its source domain.
        rows_per_domain: maximum number of perturbed test rows of a domain.
        accuracies: as `scores.accuracy_table` returns it.
        predictions: as `confidence.group_predictions` returns it.
        temperature: fitted on validation rows of the source.
        calibration: as `confidence.calibration_table` returns it.
        contents: name of the out-of-distribution contents in params.yaml.
        detection: as `out_of_distribution.detection_table` returns it; None if no contents are named.
    """

    task: str
    modality: str
    source: str
    rows_per_domain: int
    accuracies: pd.DataFrame
    predictions: Mapping[str, Predictions]
    temperature: float
    calibration: pd.DataFrame
    contents: str
    detection: pd.DataFrame | None

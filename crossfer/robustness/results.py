"""Hold all measurements of the stage stress for one task."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from crossfer.robustness.confidence import Predictions


@dataclass(frozen=True)
class Results:
    """All measurements of the stage stress for one task."""

    task: str
    modality: str
    source: str
    rows_per_domain: int
    accuracies: pd.DataFrame  # of scores.accuracy_table
    predictions: Mapping[str, Predictions]  # of confidence.group_predictions
    temperature: float
    calibration: pd.DataFrame  # of confidence.calibration_table
    contents: str  # name of the out-of-distribution contents in params.yaml
    detection: pd.DataFrame | None  # of out_of_distribution.detection_table; None without contents

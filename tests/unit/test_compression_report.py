"""The macro-F1 of the int8 graph, which only its model card has."""

import numpy as np
import pandas as pd
import pytest

from crossfer.compression import report
from crossfer.compression.inputs import Inputs


def test_macro_f1_of_the_int8_graph():
    labels = ["a", "b"]
    rows = pd.DataFrame({"label": ["a", "a", "b", "b"]})
    inputs = Inputs({"en": "en"}, {}, {"en": rows}, labels, metrics={}, manifest={}, digests={})
    int8 = {"en": np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6]])}
    scores = {"mean_accuracy_drop": 0.0, "domains": {"en": {"accuracy_int8": 0.75}}}
    card_scores = report.add_macro_f1(scores, inputs, int8)
    # F1 of a: 2 * 1 / (2 + 1); F1 of b: 2 * 2 / (2 + 3).
    assert card_scores["domains"]["en"]["macro_f1_int8"] == pytest.approx((2 / 3 + 4 / 5) / 2, abs=1e-6)
    assert card_scores["domains"]["en"]["accuracy_int8"] == 0.75 and card_scores["mean_accuracy_drop"] == 0.0
    assert scores["domains"]["en"] == {"accuracy_int8": 0.75}  # compress.json has no F1

"""How numbers are said."""

import pytest

from stages.shared import wording


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (wording.percent(0.9742), "97.4 %"),
        (wording.points(0.009), "0.9 points"),
        (wording.points(0.01), "1.0 point"),
        (wording.points(-0.0001), "0.0 points"),
        (wording.points(-0.024, signed=True), "−2.4 points"),
        (wording.points(0.024, signed=True), "+2.4 points"),
        (wording.interval({"accuracy_low": -0.024, "accuracy_high": 0.035}), "−2.4 to 3.5"),
        (wording.p_value(0.0002), "p < 0.001"),
        (wording.p_value(0.026), "p = 0.026"),
        (wording.p_value(0.27), "p = 0.27"),
        (wording.weights(117_653_760), "118 million"),
        (wording.weights(1925), "1,925"),
        (wording.size(471_000_000), "471 MB"),
        (wording.size(1_200), "1.2 kB"),
        (wording.size(2.5e9), "2.5 GB"),
        (wording.size(63), "63 bytes"),
        (wording.seconds(0.0), "under 0.1 s"),
        (wording.seconds(3.14), "3.1 s"),
        (wording.seconds(2206.4), "2,206 s"),
        (wording.listed(["a"]), "a"),
        (wording.listed(["a", "b", "c"]), "a, b and c"),
        (wording.plural(1, "seed", "seeds"), "1 seed"),
        (wording.plural(1488, "label", "labels"), "1,488 labels"),
    ],
)
def test_said(said, expected):
    assert said == expected


def test_facing_the_winner():
    found = {"difference": -0.3, "difference_low": -0.4, "difference_high": -0.1, "p": 0.01}
    assert wording.facing(found, "difference") == {
        "difference": 0.3,
        "difference_low": 0.1,
        "difference_high": 0.4,
        "p": 0.01,
    }
    assert wording.facing({"difference": 0.3}, "difference") == {"difference": 0.3}

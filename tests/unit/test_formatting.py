"""How numbers are said."""

import pytest

from crossfer.reporting import formatting


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (formatting.percent(0.9742), "97.4 %"),
        (formatting.points(0.009), "0.9 points"),
        (formatting.points(0.01), "1.0 point"),
        (formatting.points(-0.0001), "0.0 points"),
        (formatting.points(-0.024, signed=True), "−2.4 points"),
        (formatting.points(0.024, signed=True), "+2.4 points"),
        (formatting.interval({"accuracy_low": -0.024, "accuracy_high": 0.035}), "−2.4 to 3.5"),
        (formatting.p_value(0.0002), "p < 0.001"),
        (formatting.p_value(0.026), "p = 0.026"),
        (formatting.p_value(0.27), "p = 0.27"),
        (formatting.weights(117_653_760), "118 million"),
        (formatting.weights(1925), "1,925"),
        (formatting.size(471_000_000), "471 MB"),
        (formatting.size(1_200), "1.2 kB"),
        (formatting.size(2.5e9), "2.5 GB"),
        (formatting.size(63), "63 bytes"),
        (formatting.seconds(0.0), "under 0.1 s"),
        (formatting.seconds(3.14), "3.1 s"),
        (formatting.seconds(2206.4), "2,206 s"),
        (formatting.listed(["a"]), "a"),
        (formatting.listed(["a", "b", "c"]), "a, b and c"),
        (formatting.plural(1, "seed", "seeds"), "1 seed"),
        (formatting.plural(1488, "label", "labels"), "1,488 labels"),
    ],
)
def test_said(said, expected):
    assert said == expected

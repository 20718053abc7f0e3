"""Formats of numbers."""

import pytest

from crossfer.reporting import formatting


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (formatting.percent(0.9742), "97.4 %"),
        (formatting.whole_percent(0.9742), "97 %"),
        (formatting.percentage_points(0.009), "0.9 pp"),
        (formatting.percentage_points(0.01), "1.0 pp"),
        (formatting.percentage_points(-0.0001), "0.0 pp"),
        (formatting.percentage_points(-0.024, signed=True), "−2.4 pp"),
        (formatting.percentage_points(0.024, signed=True), "+2.4 pp"),
        (formatting.interval({"accuracy_low": -0.024, "accuracy_high": 0.035}), "−2.4 to 3.5"),
        (formatting.p_value(0.0002), "p < 0.001"),
        (formatting.p_value(0.026), "p = 0.026"),
        (formatting.p_value(0.27), "p = 0.27"),
        (formatting.parameter_count(117_653_760), "118 million"),
        (formatting.parameter_count(1925), "1,925"),
        (formatting.row_count({"n": 1488, "unknown_labels": 0}), "1,488"),
        (formatting.row_count({"n": 1488, "unknown_labels": 12}), "1,488 (12 with unknown labels)"),
        (formatting.file_size(471_000_000), "471 MB"),
        (formatting.file_size(1_200), "1.2 kB"),
        (formatting.file_size(2.5e9), "2.5 GB"),
        (formatting.file_size(63), "63 bytes"),
        (formatting.duration(0.0), "under 0.1 s"),
        (formatting.duration(3.14), "3.1 s"),
        (formatting.duration(2206.4), "2,206 s"),
        (formatting.join_names(["a"]), "a"),
        (formatting.count_with_noun(1, "seed", "seeds"), "1 seed"),
        (formatting.count_with_noun(1488, "label", "labels"), "1,488 labels"),
        (formatting.join_names(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_formats(text, expected):
    assert text == expected

"""How numbers stand in a sentence: shares in per cent, differences in points, everything else with its unit."""

from collections.abc import Mapping, Sequence
from typing import Any


def percent(share: float) -> str:
    """A share, as `97.4 %`."""
    return f"{100 * share:.1f} %"


def points(difference: float, signed: bool = False) -> str:
    """A difference of shares, as `0.9 points`; signed as `+0.9 points`."""
    number = f"{100 * difference:+.1f}" if signed else f"{100 * difference:.1f}"
    return f"{_minus(number)} {'point' if number.lstrip('+-') == '1.0' else 'points'}"


def interval(scores: Mapping[str, Any], name: str = "accuracy") -> str:
    """The interval of a share or difference, as `95.8 to 98.9`."""
    return " to ".join(_minus(f"{100 * scores[f'{name}_{end}']:.1f}") for end in ("low", "high"))


def score(scores: Mapping[str, Any]) -> str:
    """An accuracy with its interval, as `97.4 % (95.8 to 98.9)`."""
    return f"{percent(scores['accuracy'])} ({interval(scores)})"


def p_value(p: float) -> str:
    """A p-value, as `p = 0.026` or `p < 0.001`."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.0995 else f"p = {p:.2f}"


def count(number: float) -> str:
    """A whole number, as `1,488`."""
    return f"{number:,.0f}"


def weights(number: float) -> str:
    """A number of weights in three digits, as `3.55 million`."""
    return f"{_three(number / 1e6)} million" if number >= 1e6 else count(number)


def size(number: float) -> str:
    """Bytes in three digits, as `471 MB`."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if number >= unit:
            return f"{_three(number / unit)} {name}"
    return f"{number:.0f} bytes"


def seconds(number: float) -> str:
    """A duration, as `1.4 s`, `386 s`, or `under 0.1 s`: the ladder keeps one decimal."""
    if number < 0.1:
        return "under 0.1 s"
    return f"{number:,.0f} s" if number >= 10 else f"{number:.1f} s"


def listed(names: Sequence[str]) -> str:
    """Names in a row, as `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def plural(number: int, one: str, many: str) -> str:
    """A number with its noun, as `1 target` or `11 targets`."""
    return f"{count(number)} {one if number == 1 else many}"


def _three(number: float) -> str:
    """Three digits, as `3.55`, `118`."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _minus(number: str) -> str:
    """A number with a true minus sign, and none before nought."""
    return "0.0" if float(number) == 0 else number.replace("-", "−")

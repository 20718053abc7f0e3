"""Format numbers for sentences and tables, each with its unit."""

from collections.abc import Mapping, Sequence
from typing import Any


def percent(fraction: float) -> str:
    """Format a fraction as `97.4 %`."""
    return f"{100 * fraction:.1f} %"


def whole_percent(fraction: float) -> str:
    """Format a fraction as `97 %`."""
    return f"{100 * fraction:.0f} %"


def percentage_points(difference: float, signed: bool = False) -> str:
    """Format a difference of fractions as `0.9 pp`; signed as `+0.9 pp`."""
    return f"{_minus_sign(f'{100 * difference:+.1f}' if signed else f'{100 * difference:.1f}')} pp"


def interval(scores: Mapping[str, Any], name: str = "accuracy") -> str:
    """Format the interval of a fraction or difference as `95.8 to 98.9`."""
    return " to ".join(_minus_sign(f"{100 * scores[f'{name}_{end}']:.1f}") for end in ("low", "high"))


def accuracy_with_interval(scores: Mapping[str, Any], name: str = "accuracy") -> str:
    """Format an accuracy and its interval as `97.4 % (95.8 to 98.9)`."""
    return f"{percent(scores[name])} ({interval(scores, name)})"


def p_value(p: float) -> str:
    """Format a p-value as `p = 0.026` or `p < 0.001`."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.0995 else f"p = {p:.2f}"


def count(number: float) -> str:
    """Format a whole number as `1,488`."""
    return f"{number:,.0f}"


def count_with_noun(number: int, singular: str, plural: str) -> str:
    """Format a number with its noun as `1 target` or `11 targets`."""
    return f"{count(number)} {singular if number == 1 else plural}"


def row_count(scores: Mapping[str, Any]) -> str:
    """Format a domain's number of test rows as `60` or `60 (12 with unknown labels)`."""
    unknown = scores["unknown_labels"]
    return f"{count(scores['n'])} ({count(unknown)} with unknown labels)" if unknown else count(scores["n"])


def parameter_count(number: float) -> str:
    """Format a number of parameters with three digits, as `3.55 million`."""
    return f"{_three_digits(number / 1e6)} million" if number >= 1e6 else count(number)


def file_size(number: float) -> str:
    """Format bytes with three digits, as `471 MB`."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if number >= unit:
            return f"{_three_digits(number / unit)} {name}"
    return f"{number:.0f} bytes"


def duration(seconds: float) -> str:
    """Format seconds as `1.4 s`, `386 s` or `under 0.1 s`."""
    if seconds < 0.1:
        return "under 0.1 s"
    return f"{seconds:,.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def join_names(names: Sequence[str]) -> str:
    """Join names as `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _three_digits(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _minus_sign(number: str) -> str:
    """Replace the hyphen by a minus sign, and remove it from zero."""
    return "0.0" if float(number) == 0 else number.replace("-", "−")

"""Ways a text gets disturbed on its way to a model, and texts of none of its labels."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from crossfer.artifacts.text_lines import read_lines
from crossfer.errors import UserError
from crossfer.modalities.text.model.typos import (
    Generator,
    drop_letters,
    replace_characters,
    sample_positions,
    substitute_letters,
    swap_letters,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import PreTrainedModel

# What Unicode's confusables.txt (UTS 39) has for a Latin letter, of several scripts and blocks; the cleaner's own table
# (crossfer/modalities/text/data/confusables.py) is not looked at.
LOOK_ALIKES = {
    "a": "аɑα",
    "c": "сϲ",
    "d": "ԁ",
    "e": "еҽ",
    "g": "ɡց",
    "h": "һհ",
    "i": "іɩ",
    "j": "јϳ",
    "l": "ӏ",
    "n": "ո",
    "o": "оοօ",
    "p": "рρ",
    "q": "ԛզ",
    "s": "ѕ",
    "u": "υս",
    "v": "νѵ",
    "w": "ԝա",
    "x": "хχ",
    "y": "уγ",
    "A": "АΑ",
    "B": "ВΒ",
    "C": "СϹ",
    "E": "ЕΕ",
    "H": "НΗ",
    "I": "ІΙ",
    "K": "КΚ",
    "M": "МΜ",
    "N": "Ν",
    "O": "ОΟՕ",
    "P": "РΡ",
    "S": "ЅՏ",
    "T": "ТΤ",
    "X": "ХΧ",
    "Y": "ҮΥ",
}
OTHERWISE = {  # and for a Cyrillic letter, a Latin one
    other: latin for latin, others in LOOK_ALIKES.items() for other in others if "\u0400" <= other <= "\u052f"
}
# Joiners and spaces of no width, soft hyphen, byte order mark, a mark of direction, a variation selector, a tag.
INVISIBLE = "\u200b\u200c\u200d\u2060\u00ad\ufeff\u202e\ufe0f\U000e0041"
SPACES = ("", "  ", "\t\n ", "\u00a0 ", "\u2003")
OFF_TOPIC = (
    "My grandmother keeps her buttons in an old biscuit tin.",
    "Please water the plants on the balcony before you leave.",
    "The soup needs another ten minutes and a little more salt.",
)

Perturbation = Callable[[str, float, Generator], str]


def homoglyphs(text: str, share: float, generator: Generator) -> str:
    """Letters become ones of another alphabet that look like them."""
    alike = {**LOOK_ALIKES, **OTHERWISE}
    chosen = sample_positions(text, share, generator, alike.__contains__)
    return replace_characters(text, chosen, lambda letter: str(generator.choice(list(alike[letter]))))


def invisible(text: str, share: float, generator: Generator) -> str:
    """Signs that cannot be seen stand behind letters."""
    chosen = sample_positions(text, share, generator, str.isalpha)
    return replace_characters(text, chosen, lambda letter: letter + str(generator.choice(list(INVISIBLE))))


def case(text: str, share: float, generator: Generator) -> str:
    """Words are in capitals."""
    words = text.split(" ")
    for place in generator.choice(len(words), round(share * len(words)), replace=False):
        words[place] = words[place].upper()
    return " ".join(words)


def punctuation(text: str, share: float, generator: Generator) -> str:
    """Punctuation marks are missing."""
    marks = sample_positions(text, share, generator, lambda sign: unicodedata.category(sign).startswith("P"))
    return replace_characters(text, marks, lambda mark: "")


def white_space(text: str, share: float, generator: Generator) -> str:
    """Spaces are missing, or are more and other ones; a tenth as many stand inside words."""
    spaced = replace_characters(
        text,
        sample_positions(text, share, generator, str.isspace),
        lambda space: SPACES[generator.integers(len(SPACES))],
    )
    return replace_characters(
        spaced, sample_positions(spaced, share / 10, generator, str.isalpha), lambda letter: f"{letter} "
    )


def numbers(text: str, share: float, generator: Generator) -> str:
    """Digits become others of their script."""

    def another(digit: str) -> str:
        value = unicodedata.digit(digit)
        return chr(ord(digit) - value + (value + int(generator.integers(1, 10))) % 10)

    return replace_characters(text, sample_positions(text, share, generator, str.isdecimal), another)


def off_topic(text: str, share: float, generator: Generator) -> str:
    """Sentences of something else, in English: one behind the text, one before it, or three before it."""
    sentences = generator.permutation(OFF_TOPIC)
    if share < 1:
        return f"{text} {sentences[0]}"
    return " ".join([*sentences[: round(share)], text])


def truncation(text: str, share: float, generator: Generator) -> str:
    """The end is missing."""
    return text[: round((1 - share) * len(text))]


# Of each perturbation, its light, medium and heavy share: of the letters, words, marks, spaces, digits, or of the text.
PERTURBATIONS: Mapping[str, tuple[Perturbation, tuple[float, float, float]]] = {
    "typos": (substitute_letters, (0.02, 0.05, 0.1)),
    "swapped characters": (swap_letters, (0.02, 0.05, 0.1)),
    "dropped characters": (drop_letters, (0.02, 0.05, 0.1)),
    "homoglyphs": (homoglyphs, (0.05, 0.2, 1.0)),
    "invisible characters": (invisible, (0.05, 0.2, 1.0)),
    "capitals": (case, (0.1, 0.5, 1.0)),
    "punctuation removed": (punctuation, (0.3, 0.6, 1.0)),
    "white space": (white_space, (0.1, 0.3, 0.6)),
    "numbers changed": (numbers, (0.3, 0.6, 1.0)),
    "off-topic sentence": (off_topic, (0.0, 1.0, 3.0)),
    "truncation": (truncation, (0.25, 0.5, 0.75)),
}


def out_of_distribution(name: str) -> pd.DataFrame:
    """Return the texts of a TSV file with the columns sort and text: columns sort, content.

    Raises:
        UserError: the file is missing, or is no such table, or a row has no text.
    """
    advice = "Fix the file, or stress.out_of_distribution in params.yaml; data/out_of_distribution/README.md shows one."
    if not Path(name).is_file():
        raise UserError(f"{name} does not exist. {advice}")
    try:
        numbered = [(number, line) for number, line in enumerate(read_lines(Path(name)), 1) if line.strip()]
        (_, header), *rows = [(number, line.rstrip("\r\n\t").split("\t")) for number, line in numbered]
    except (UserError, ValueError) as error:  # no text in UTF-8, or no header
        raise UserError(f"{name} is no table of text separated by tabs ({error}). {advice}") from error
    if not rows or not {"sort", "text"} <= set(header):
        raise UserError(f"{name} has no rows with the columns sort and text. {advice}")
    records = []
    for number, row in rows:
        record = {**dict.fromkeys(header, ""), **dict(zip(header, row, strict=False))}
        if len(row) > len(header):
            raise UserError(f"{name}, line {number}, has {len(row)} columns, the header has {len(header)}. {advice}")
        if not record["text"].strip():
            raise UserError(f"{name}, line {number}, has no text. {advice}")
        records.append({"sort": record["sort"].replace("_", " "), "content": record["text"]})
    return pd.DataFrame(records)


def gradient_attacks(
    model: "PreTrainedModel", inputs: "Sequence[NDArray[Any]]", batch_size: int
) -> "dict[str, list[list[NDArray[Any]]]]":
    """Attacks by the model's own gradients: none, since tokens have no direction to be moved in."""
    return {}

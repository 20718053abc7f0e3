"""Perturb texts, and read out-of-distribution texts."""

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

# Each group is a Latin letter and its homoglyphs in Unicode's confusables.txt (UTS 39). The table is independent of the
# cleaner's (crossfer/modalities/text/data/confusables.py), which it tests.
HOMOGLYPH_GROUPS = (
    "aаɑα cсϲ dԁ eеҽ gɡց hһհ iіɩ jјϳ lӏ nո oоοօ pрρ qԛզ sѕ uυս vνѵ wԝա xхχ yуγ"
    " AАΑ BВΒ CСϹ EЕΕ HНΗ IІΙ KКΚ MМΜ NΝ OОΟՕ PРΡ SЅՏ TТΤ XХΧ YҮΥ"
)
LATIN_HOMOGLYPHS = {group[0]: group[1:] for group in HOMOGLYPH_GROUPS.split()}
CYRILLIC_HOMOGLYPHS = {
    letter: latin for latin, group in LATIN_HOMOGLYPHS.items() for letter in group if "\u0400" <= letter <= "\u052f"
}
HOMOGLYPHS = LATIN_HOMOGLYPHS | CYRILLIC_HOMOGLYPHS
# Zero-width spaces and joiners, soft hyphen, byte order mark, direction mark, variation selector, tag.
INVISIBLE_CHARACTERS = "\u200b\u200c\u200d\u2060\u00ad\ufeff\u202e\ufe0f\U000e0041"
SPACES = ("", "  ", "\t\n ", "\u00a0 ", "\u2003")
OFF_TOPIC_SENTENCES = (
    "My grandmother keeps her buttons in an old biscuit tin.",
    "Please water the plants on the balcony before you leave.",
    "The soup needs another ten minutes and a little more salt.",
)


def insert_homoglyphs(text: str, fraction: float, generator: Generator) -> str:
    """Replace letters by homoglyphs of another script."""
    positions = sample_positions(text, fraction, generator, HOMOGLYPHS.__contains__)
    return replace_characters(text, positions, lambda letter: str(generator.choice(list(HOMOGLYPHS[letter]))))


def insert_invisible(text: str, fraction: float, generator: Generator) -> str:
    """Insert invisible characters after letters."""
    positions = sample_positions(text, fraction, generator, str.isalpha)
    return replace_characters(
        text, positions, lambda letter: letter + str(generator.choice(list(INVISIBLE_CHARACTERS)))
    )


def capitalize_words(text: str, fraction: float, generator: Generator) -> str:
    """Write words in capitals."""
    words = text.split(" ")
    for position in generator.choice(len(words), round(fraction * len(words)), replace=False):
        words[position] = words[position].upper()
    return " ".join(words)


def remove_punctuation(text: str, fraction: float, generator: Generator) -> str:
    """Remove punctuation marks."""
    positions = sample_positions(text, fraction, generator, lambda mark: unicodedata.category(mark).startswith("P"))
    return replace_characters(text, positions, lambda mark: "")


def change_white_space(text: str, fraction: float, generator: Generator) -> str:
    """Remove, double or replace spaces, and insert a tenth as many into words."""
    positions = sample_positions(text, fraction, generator, str.isspace)
    spaced_text = replace_characters(text, positions, lambda space: SPACES[generator.integers(len(SPACES))])
    positions = sample_positions(spaced_text, fraction / 10, generator, str.isalpha)
    return replace_characters(spaced_text, positions, lambda letter: f"{letter} ")


def change_digits(text: str, fraction: float, generator: Generator) -> str:
    """Replace digits by other digits of their script."""

    def other_digit(digit: str) -> str:
        value = unicodedata.digit(digit)
        return chr(ord(digit) - value + (value + int(generator.integers(1, 10))) % 10)

    return replace_characters(text, sample_positions(text, fraction, generator, str.isdecimal), other_digit)


def add_off_topic(text: str, sentences: float, generator: Generator) -> str:
    """Put off-topic English sentences before the text; for 0, put one after it."""
    shuffled_sentences = generator.permutation(OFF_TOPIC_SENTENCES)
    return " ".join([*shuffled_sentences[: round(sentences)], text]) if sentences else f"{text} {shuffled_sentences[0]}"


def truncate(text: str, fraction: float, generator: Generator) -> str:
    """Cut off the end."""
    return text[: round((1 - fraction) * len(text))]


# The names seed the random numbers. Amounts are fractions of the letters, words, marks, spaces, digits or text.
PERTURBATIONS: Mapping[str, tuple[Callable[[str, float, Generator], str], tuple[float, float, float]]] = {
    "typos": (substitute_letters, (0.02, 0.05, 0.1)),
    "swapped characters": (swap_letters, (0.02, 0.05, 0.1)),
    "dropped characters": (drop_letters, (0.02, 0.05, 0.1)),
    "homoglyphs": (insert_homoglyphs, (0.05, 0.2, 1.0)),
    "invisible characters": (insert_invisible, (0.05, 0.2, 1.0)),
    "capitals": (capitalize_words, (0.1, 0.5, 1.0)),
    "punctuation removed": (remove_punctuation, (0.3, 0.6, 1.0)),
    "white space": (change_white_space, (0.1, 0.3, 0.6)),
    "numbers changed": (change_digits, (0.3, 0.6, 1.0)),
    "off-topic sentence": (add_off_topic, (0.0, 1.0, 3.0)),
    "truncation": (truncate, (0.25, 0.5, 0.75)),
}


def out_of_distribution(name: str) -> pd.DataFrame:
    """Read the out-of-distribution texts of a TSV file.

    The file has the columns category and text; the result has category and content.

    Raises:
        UserError: the file is missing or is not such a table, or a row has no text.
    """
    advice = "Fix the file, or stress.out_of_distribution in params.yaml; see data/out_of_distribution/README.md."
    path = Path(name)
    if not path.is_file():
        raise UserError(f"{name} does not exist. {advice}")
    lines = [(number, line) for number, line in enumerate(read_lines(path), 1) if line.strip()]
    (_, header), *rows = [(number, line.rstrip("\r\n\t").split("\t")) for number, line in lines] or [(1, [""])]
    if not rows or not {"category", "text"} <= set(header):
        raise UserError(f"{name} has no rows with the columns category and text. {advice}")
    records = []
    for number, row in rows:
        if len(row) > len(header):
            raise UserError(f"{name}, line {number}, has {len(row)} columns; the header has {len(header)}. {advice}")
        record = dict.fromkeys(header, "") | dict(zip(header, row, strict=False))
        if not record["text"].strip():
            raise UserError(f"{name}, line {number}, has no text. {advice}")
        records.append({"category": record["category"].replace("_", " "), "content": record["text"]})
    return pd.DataFrame(records)


def gradient_attacks(
    model: "PreTrainedModel", inputs: "Sequence[NDArray[Any]]", batch_size: int
) -> "dict[str, list[list[NDArray[Any]]]]":
    """Return no attacks: FGSM does not apply to token ids."""
    return {}

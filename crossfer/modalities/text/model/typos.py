"""Typing errors in a text, for noise augmentation and for the stage stress."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping

import numpy as np

Generator = np.random.Generator

KEYBOARDS = (
    ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"),
    ("ضصثقفغعهخحجد", "شسيبلاتنمكط", "ئءؤرىةوزظ"),
    ("ौैाीूबहगदजड", "ोे्िुपरकतचट", "ंमनवलसय"),  # InScript
)
NEIGHBOURS: Mapping[str, str] = {
    row[place]: row[max(place - 1, 0) : place] + row[place + 1 : place + 2]
    for board in KEYBOARDS
    for row in board
    for place in range(len(row))
}


def sample_positions(text: str, fraction: float, generator: Generator, eligible: Callable[[str], bool]) -> list[int]:
    """Return the positions of a random fraction of the eligible characters, in order."""
    positions = [position for position, character in enumerate(text) if eligible(character)]
    if not positions:
        return []
    return sorted(generator.choice(positions, round(fraction * len(positions)), replace=False).tolist())


def replace_characters(text: str, positions: Iterable[int], replacement: Callable[[str], str]) -> str:
    """Replace the characters at these positions, each by a function of itself."""
    characters = list(text)
    for position in positions:
        characters[position] = replacement(characters[position])
    return "".join(characters)


def substitute_letters(text: str, fraction: float, generator: Generator) -> str:
    """Replace letters by neighbours on the keyboard, or by others of the text."""
    letters = sorted({character for character in text if character.isalpha()})

    def neighbour(letter: str) -> str:
        candidates = NEIGHBOURS.get(unicodedata.normalize("NFD", letter)[0].lower(), letters)
        substitute = str(generator.choice(list(candidates)))
        return substitute.upper() if letter.isupper() else substitute

    return replace_characters(text, sample_positions(text, fraction, generator, str.isalpha), neighbour)


def swap_letters(text: str, fraction: float, generator: Generator) -> str:
    """Swap letters with the next character."""
    characters = list(text)
    for position in sample_positions(text[:-1], fraction, generator, str.isalpha):
        characters[position], characters[position + 1] = characters[position + 1], characters[position]
    return "".join(characters)


def drop_letters(text: str, fraction: float, generator: Generator) -> str:
    """Remove letters."""
    return replace_characters(text, sample_positions(text, fraction, generator, str.isalpha), lambda letter: "")


def add_noise(content: str, amount: float, generator: Generator) -> str:
    """Substitute, swap and drop letters, a third of the amount each."""
    for perturb in (substitute_letters, swap_letters, drop_letters):
        content = perturb(content, amount / 3, generator)
    return content

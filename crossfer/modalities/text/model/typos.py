"""What happens to a text as people type it: in training, if that is asked for, and among the ways to try a model."""

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


def sample_positions(text: str, share: float, generator: Generator, eligible: Callable[[str], bool]) -> list[int]:
    """Places of signs to disturb: that share of the eligible ones, drawn without replacement."""
    places = [place for place, sign in enumerate(text) if eligible(sign)]
    return sorted(generator.choice(places, round(share * len(places)), replace=False).tolist()) if places else []


def replace_characters(text: str, places: Iterable[int], by: Callable[[str], str]) -> str:
    """The text with the signs in those places replaced."""
    signs = list(text)
    for place in places:
        signs[place] = by(signs[place])
    return "".join(signs)


def substitute_letters(text: str, share: float, generator: Generator) -> str:
    """Letters become neighbours on the keyboard; where there is none, another letter of the text."""
    others = sorted({sign for sign in text if sign.isalpha()})

    def neighbour(letter: str) -> str:
        beside = NEIGHBOURS.get(unicodedata.normalize("NFD", letter)[0].lower(), others)
        chosen = str(generator.choice(list(beside)))
        return chosen.upper() if letter.isupper() else chosen

    return replace_characters(text, sample_positions(text, share, generator, str.isalpha), neighbour)


def swap_letters(text: str, share: float, generator: Generator) -> str:
    """Letters change places with the next sign."""
    signs = list(text)
    for place in sample_positions(text[:-1], share, generator, str.isalpha):
        signs[place], signs[place + 1] = signs[place + 1], signs[place]
    return "".join(signs)


def drop_letters(text: str, share: float, generator: Generator) -> str:
    """Letters are missing."""
    return replace_characters(text, sample_positions(text, share, generator, str.isalpha), lambda letter: "")


def add_noise(content: str, share: float, generator: Generator) -> str:
    """The text with that share of its letters disturbed as people do who type: a third each in three ways."""
    for way in (substitute_letters, swap_letters, drop_letters):
        content = way(content, share / 3, generator)
    return content

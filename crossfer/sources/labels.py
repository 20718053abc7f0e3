"""Normalize labels, and refuse labels that differ only in their spelling.

A label that is spelled differently in a target counts as one that the model does not know, so that all its rows are
mistakes.
"""

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

from crossfer.errors import MAX_LISTED_NAMES, UserError, list_names, shorten

JOINERS = "\u200c\u200d"  # part of words in Persian and in Indic scripts, and of emoji
INVISIBLE = dict.fromkeys([0xAD, 0x34F, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x2060, 0x2065), 0xFEFF])
VARIATION_SELECTORS = dict.fromkeys(range(0xFE00, 0xFE10))  # between text and emoji style
SPACES = re.compile(r"[^\S\t\n\r\v\f\x1c-\x1f\x85]+")  # control characters stay, and are refused
WHOLE_NUMBER = re.compile(r"(-?[0-9]+)\.0+")
SEPARATORS = re.compile(r"(?<=[^\W_])[\s_\u2010-\u2015-]+(?=[^\W_])")


def normalize_name(text: str) -> str:
    """Return a label or an id in the form in which it is compared.

    Characters are composed (NFC), invisible ones removed, white space is folded, and 1.0 becomes 1.
    """
    if text.isascii() and text.isalnum():
        return text
    visible_text = unicodedata.normalize("NFC", text.translate(INVISIBLE))
    name = SPACES.sub(" ", visible_text).strip(f" {JOINERS}")
    number = WHOLE_NUMBER.fullmatch(name)
    return number[1] if number else name


def fold_label(label: str) -> str:
    """Return a text that is equal for labels that differ only in case or form.

    Form means full-width and similar characters, separators between words, and zeros before a number.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    words = folded.translate(VARIATION_SELECTORS | dict.fromkeys(map(ord, JOINERS)))
    spaced = SEPARATORS.sub(" ", words)
    return str(int(spaced)) if re.fullmatch(r"-?\d{1,100}", spaced) else spaced


def check_spellings(domain: str, labels: Iterable[str]) -> None:
    """Raise a `UserError` if two labels of a domain differ only in case or form."""
    spellings: dict[str, str] = {}
    for label in sorted(labels):
        other = spellings.setdefault(fold_label(label), label)
        if label != other:
            raise UserError(
                f"domain {domain} has the labels {_spell(other)} and {_spell(label)}, which differ only in case or"
                f" form; rename one{_renaming(label, other)}."
            )


def find_unknown_labels(
    domain: str, labels: Mapping[str, int], source: str, source_labels: Mapping[str, int]
) -> Counter[str]:
    """Return the labels of a target that the source lacks, with their numbers of rows.

    Raises:
        UserError: a label differs from one of the source only in case or form, or the source has none of the labels.
    """
    unknown = Counter({label: count for label, count in labels.items() if label not in source_labels})
    spellings = {fold_label(label): label for label in source_labels}
    for label in sorted(unknown):
        if other := spellings.get(fold_label(label)):
            raise UserError(
                f"domain {domain} has the label {_spell(label)} and the source {source} has {_spell(other)}, which"
                f" differ only in case or form; rename one{_renaming(label, other)}."
            )
    if len(unknown) == len(labels):
        raise UserError(
            f"domain {domain} has no label of the source: it has {describe_labels(sorted(labels))}, the source"
            f" {source} has {describe_labels(sorted(source_labels))}; name another column, or rename labels in the data"
            " or with `labels`."
        )
    return unknown


def _renaming(label: str, new_label: str) -> str:
    return f" in the data, or in a table with `labels: {{{_spell(label)}: {_spell(new_label)}}}`"


def describe_labels(labels: Iterable[str]) -> str:
    """Return the first labels for a message, as `'business', 'sports', 3 more`."""
    return list_names(map(_spell, labels))


def describe_leaving_out(labels: Iterable[str]) -> str:
    """Return the key that leaves rows out, as `labels: {'religion': null}`."""
    names = list(labels)
    entries = [f"{_spell(name)}: null" for name in names[:MAX_LISTED_NAMES]]
    return f"labels: {{{', '.join([*entries, '...'] if len(names) > MAX_LISTED_NAMES else entries)}}}"


def check_label_keys(keys: Mapping[str, Mapping[str, bool]], labels: Mapping[str, Iterable[str]]) -> None:
    """Raise a `UserError` if a key of `labels` in params.yaml matches no row.

    Domains may share a mapping, so a key has to match in one of the domains that have it.

    Args:
        keys: for each domain, its keys and whether a row has the label.
        labels: for each domain, its labels.
    """
    matched = {key for domain_keys in keys.values() for key, is_matched in domain_keys.items() if is_matched}
    for domain, domain_keys in keys.items():
        for key in sorted(domain_keys.keys() - matched):
            quotes = f" Write a number as the data has it, in quotes: '0{key}' is not {key}." if key.isdigit() else ""
            raise UserError(
                f"labels of domain {domain} renames {_spell(key)}, which no row has; its labels are"
                f" {describe_labels(_sort_by_similarity(labels[domain], key))}. Correct or remove this key.{quotes}"
            )


def _sort_by_similarity(labels: Iterable[str], name: str) -> list[str]:
    similar_labels = difflib.get_close_matches(name, list(labels), n=MAX_LISTED_NAMES)
    return [*similar_labels, *sorted(set(labels) - set(similar_labels))]


def _spell(label: str) -> str:
    """Return a label in quotes, with codes for characters that are not visible."""
    hidden = {ord(joiner): f"\\u{ord(joiner):04x}" for joiner in JOINERS}
    hidden |= {code: f"\\u{code:04x}" for code in VARIATION_SELECTORS}
    spelling = shorten(label).translate(hidden)
    return spelling if spelling == shorten(label) else f'"{spelling[1:-1]}"'  # YAML reads codes in double quotes only

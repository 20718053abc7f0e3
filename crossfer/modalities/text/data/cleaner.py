"""Text normalization: entities, encoding, Unicode form and white space."""

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import ftfy
from ftfy.badness import badness
from ftfy.chardata import CONTROL_CHARS
from ftfy.fixes import remove_control_chars, remove_terminal_escapes, unescape_html

from crossfer.modalities.text.data.confusables import replace_confusables
from crossfer.modalities.text.data.content import drop_middle

# Repair wrong decoding only: full-width forms, ligatures and curly quotes are correct in languages that use them.
REPAIRS = ftfy.TextFixerConfig(
    unescape_html=False,
    uncurl_quotes=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    fix_line_breaks=False,
    normalization=None,
)
ENTITY_PASSES = 2  # web pages are often escaped twice; the limit keeps the time linear in the text's length
MAX_PASSES = 5  # one step can make work for an earlier one: invisible characters may split wrong decoding
OPTIONS_FILE = "cleaner.json"
CONTROL_CHARACTER = re.compile(f"[{re.escape(''.join(map(chr, CONTROL_CHARS)))}]")
MIN_BADNESS = 3  # unlikely sequences; fewer may be correct, as in quoted Portuguese words in capitals


@dataclass(frozen=True)
class TextCleaner:
    """Repair mojibake, replace confusables and normalize texts.

    Control characters are removed, characters composed to NFC, and white space is folded.

    Attributes:
        decode_entities: whether HTML entities become the characters that they stand for.
        drops_middle: of texts that are longer than any encoder reads; true in served models.
    """

    decode_entities: bool
    drops_middle: bool = False

    def clean(self, content: str) -> tuple[str, list[str]]:
        """Return the clean text and the names of the steps that changed it."""
        if self.drops_middle:
            content = drop_middle(content)
        text = content
        for _ in range(ENTITY_PASSES if self.decode_entities else 0):
            text = unescape_html(text)
        changes = {"entities": text != content}
        for _ in range(MAX_PASSES):
            repaired_text = _repair_encoding(text)
            composed_text = unicodedata.normalize("NFC", repaired_text)
            unified_text = replace_confusables(composed_text)
            folded_text = " ".join(unified_text.split())
            steps = {
                "encoding": (text, repaired_text),
                "unicode_form": (repaired_text, composed_text),
                "confusables": (composed_text, unified_text),
                "white_space": (unified_text, folded_text),
            }
            for name, (before, after) in steps.items():
                changes[name] = changes.get(name, False) or before != after
            is_stable = unified_text == text and (folded_text == text or not _looks_wrongly_decoded(folded_text))
            text = folded_text
            if is_stable:
                break
        return text, [name for name, is_change in changes.items() if is_change]

    def save(self, folder: Path) -> None:
        """Write the option."""
        options = {"decode_entities": self.decode_entities}
        (folder / OPTIONS_FILE).write_text(json.dumps(options, indent=1) + "\n", encoding="utf-8")


def _repair_encoding(text: str) -> str:
    """Repair wrong decoding; control characters would split its sequences."""
    printable_text = remove_terminal_escapes(text)
    if CONTROL_CHARACTER.search(printable_text):  # takes far less time than removing them
        printable_text = remove_control_chars(printable_text)
    if printable_text.isascii():  # nothing was decoded wrongly, and looking for it would take most of the time
        return printable_text
    return ftfy.fix_text(printable_text, REPAIRS._replace(fix_encoding=_looks_wrongly_decoded(printable_text)))


def _looks_wrongly_decoded(text: str) -> bool:
    """Return whether a text has at least MIN_BADNESS unlikely sequences.

    Each sequence has a character beyond ASCII: counting these first saves most of the time.
    """
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return beyond_ascii >= MIN_BADNESS and badness(text) >= MIN_BADNESS


def make_cleaner(decode_entities: bool) -> TextCleaner:
    """Return the cleaner for preprocess."""
    return TextCleaner(decode_entities)


def load_cleaner(folder: Path) -> TextCleaner:
    """Return the cleaner for a served model, with the option saved to `folder`."""
    options = json.loads((folder / OPTIONS_FILE).read_text(encoding="utf-8"))
    return TextCleaner(**options, drops_middle=True)

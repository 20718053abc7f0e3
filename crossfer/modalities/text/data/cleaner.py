"""Text normalization: encoding, Unicode form, confusables and white space."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

import ftfy
from ftfy.badness import badness

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
MIN_BADNESS = 3  # unlikely sequences; fewer may be correct, as in quoted Portuguese words in capitals


@dataclass(frozen=True)
class TextCleaner:
    """Repair mojibake, replace confusables and normalize texts.

    Control characters are removed, characters composed to NFC, and white space is folded.

    Attributes:
        drops_middle: of texts that are longer than any encoder reads; true in served models.
    """

    drops_middle: bool = False

    def clean(self, content: str) -> tuple[str, list[str]]:
        """Return the clean text and the names of the steps that changed it."""
        if self.drops_middle:
            content = drop_middle(content)
        fix_encoding = badness(content) >= MIN_BADNESS
        repaired_text = ftfy.fix_text(content, REPAIRS._replace(fix_encoding=fix_encoding))
        composed_text = unicodedata.normalize("NFC", repaired_text)
        unified_text = replace_confusables(composed_text)
        folded_text = " ".join(unified_text.split())
        steps = {
            "encoding": (content, repaired_text),
            "unicode_form": (repaired_text, composed_text),
            "confusables": (composed_text, unified_text),
            "white_space": (unified_text, folded_text),
        }
        return folded_text, [name for name, (before, after) in steps.items() if before != after]

    def save(self, folder: Path) -> None:
        """Write nothing: the cleaner has no options."""


def make_cleaner() -> TextCleaner:
    """Return the cleaner for preprocess."""
    return TextCleaner()


def load_cleaner(folder: Path) -> TextCleaner:
    """Return the cleaner for a served model."""
    return TextCleaner(drops_middle=True)

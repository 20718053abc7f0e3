"""Text normalization: encoding, Unicode form, confusables and white space."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

import ftfy
from ftfy.badness import badness

from crossfer.modalities.text.data.confusables import replace_confusables
from crossfer.modalities.text.data.content import drop_middle

# Repair what a wrong decoding broke and nothing that is a matter of script or style: full-width forms, ligatures and
# curly quotes belong to the languages that use them.
REPAIRS = ftfy.TextFixerConfig(
    unescape_html=False,
    uncurl_quotes=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    fix_line_breaks=False,
    normalization=None,
)
MIN_BADNESS = 3  # odd sequences from which on a text counts as wrongly decoded


@dataclass(frozen=True)
class TextCleaner:
    """Repairs mojibake and control characters (ftfy), composes to NFC, replaces confusables, folds white space.

    Attributes:
        only_ends: drop the middle of texts that are longer than any encoder reads. Set where a model is served.
    """

    only_ends: bool = False

    def clean(self, content: str) -> tuple[str, list[str]]:
        """Return the clean text and the steps that changed it.

        One odd sequence may be right (the last letters of a quoted word in Portuguese capitals look broken), so an
        encoding is repaired only where several are odd.
        """
        if self.only_ends:
            content = drop_middle(content)
        is_broken = badness(content) >= MIN_BADNESS
        repaired = ftfy.fix_text(content, REPAIRS._replace(fix_encoding=is_broken))
        composed = unicodedata.normalize("NFC", repaired)
        unified = replace_confusables(composed)
        folded = " ".join(unified.split())
        steps = {
            "encoding": (content, repaired),
            "unicode_form": (repaired, composed),
            "disguise": (composed, unified),
            "white_space": (unified, folded),
        }
        return folded, [name for name, (before, after) in steps.items() if before != after]

    def save(self, folder: Path) -> None:
        """Write nothing: the cleaner has no options."""


def make_cleaner() -> TextCleaner:
    """Return the cleaner of the rows of a task."""
    return TextCleaner()


def load_cleaner(folder: Path) -> TextCleaner:
    """Return the cleaner of texts that a served model classifies."""
    return TextCleaner(only_ends=True)

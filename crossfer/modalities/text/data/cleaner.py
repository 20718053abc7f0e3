"""Text normalization: entities, encoding, Unicode form and white space."""

import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import ftfy
from ftfy.badness import badness
from ftfy.fixes import unescape_html

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
OPTIONS_FILE = "cleaner.json"
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
        decoded_text = content
        for _ in range(ENTITY_PASSES if self.decode_entities else 0):
            decoded_text = unescape_html(decoded_text)
        fix_encoding = badness(decoded_text) >= MIN_BADNESS
        repaired_text = ftfy.fix_text(decoded_text, REPAIRS._replace(fix_encoding=fix_encoding))
        composed_text = unicodedata.normalize("NFC", repaired_text)
        unified_text = replace_confusables(composed_text)
        folded_text = " ".join(unified_text.split())
        steps = {
            "entities": (content, decoded_text),
            "encoding": (decoded_text, repaired_text),
            "unicode_form": (repaired_text, composed_text),
            "confusables": (composed_text, unified_text),
            "white_space": (unified_text, folded_text),
        }
        return folded_text, [name for name, (before, after) in steps.items() if before != after]

    def save(self, folder: Path) -> None:
        """Write the option."""
        options = {"decode_entities": self.decode_entities}
        (folder / OPTIONS_FILE).write_text(json.dumps(options, indent=1) + "\n", encoding="utf-8")


def make_cleaner(decode_entities: bool) -> TextCleaner:
    """Return the cleaner for preprocess."""
    return TextCleaner(decode_entities)


def load_cleaner(folder: Path) -> TextCleaner:
    """Return the cleaner for a served model, with the option saved to `folder`."""
    options = json.loads((folder / OPTIONS_FILE).read_text(encoding="utf-8"))
    return TextCleaner(**options, drops_middle=True)

"""Interpret zero-width spaces (U+200B), which mark where a line may break."""

import re
import unicodedata

ZERO_WIDTH_SPACE = "\u200b"
WORD_BREAK = re.compile(f"{ZERO_WIDTH_SPACE}+")
# Scripts without spaces between words.
THAI_TO_KHMER = "\u0e00-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf"
CHINESE_AND_JAPANESE = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
MIN_MEAN_WORD, ALWAYS_ALLOWED_BREAKS = 3.5, 2  # letters and digits per fragment; breaks in any text


def separate_words(text: str) -> str:
    """Write a space for each zero-width space between words.

    Between words of scripts without spaces it stays. Within a word, where it hides the word, it is removed: next to a
    single letter, or if a text has many and their mean distance is too short for words. The caller removes it from
    texts with other invisible characters within words (`has_noise_within_words` in confusables.py).
    """
    if ZERO_WIDTH_SPACE not in text:
        return text
    fragments = [part for word in text.split() if ZERO_WIDTH_SPACE in word for part in word.split(ZERO_WIDTH_SPACE)]
    characters = sum(character.isalnum() for fragment in fragments for character in fragment)
    if text.count(ZERO_WIDTH_SPACE) > ALWAYS_ALLOWED_BREAKS and characters < MIN_MEAN_WORD * len(fragments):
        return text.replace(ZERO_WIDTH_SPACE, "")
    return WORD_BREAK.sub(_separator, text)


def _separator(match: re.Match[str]) -> str:
    """Return the replacement, which depends on two characters on each side."""
    before, after = match.string[max(match.start() - 2, 0) : match.start()], match.string[match.end() : match.end() + 2]
    categories = [unicodedata.category(character)[0] for character in before + after]
    if len(categories) < 4 or not set(categories) <= set("LMN") or categories[2] == "M":
        return ""
    if re.fullmatch(f"[{THAI_TO_KHMER}]{{2}}", before[-1] + after[0]):
        return ZERO_WIDTH_SPACE
    return "" if re.search(f"[{CHINESE_AND_JAPANESE}]", before + after) else " "

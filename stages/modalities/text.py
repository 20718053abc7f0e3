"""Text: what counts as the same text, and how it becomes subword tokens. Its models are in text_model.py."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ftfy

from stages.shared.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline
    from transformers import PreTrainedTokenizerBase

# Mend what a wrong decoding broke and nothing that is a matter of script or style: full-width forms, ligatures and
# curly quotes belong to the languages that use them.
REPAIRS = ftfy.TextFixerConfig(
    unescape_html=False,
    uncurl_quotes=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    fix_line_breaks=False,
    normalization=None,
)
OPTIONS = "encoder.json"
TOKENIZER_FILES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "sentencepiece.bpe.model",
    "spiece.model",
    "tokenizer.model",
)


def normalise(content: str) -> tuple[str, list[str]]:
    """Mend mojibake and control characters (ftfy), compose to NFC, fold white space; say which of these changed it."""
    repaired = ftfy.fix_text(content, REPAIRS)
    composed = unicodedata.normalize("NFC", repaired)
    folded = " ".join(composed.split())
    steps = {"encoding": (content, repaired), "unicode_form": (repaired, composed), "white_space": (composed, folded)}
    return folded, [name for name, (before, after) in steps.items() if before != after]


def size(content: str) -> int:
    """The letters, combining marks and digits of any script in a text."""
    return sum(unicodedata.category(character)[0] in "LMN" for character in content)


def fingerprint(content: str) -> str:
    """Texts are duplicates when they are equal after normalisation."""
    return content


@dataclass(frozen=True)
class TextEncoder:
    """A backbone's tokenizer, and how this project calls it."""

    tokenizer: "PreTrainedTokenizerBase"
    max_length: int
    prefix: str

    def encode(self, contents: Sequence[str]) -> "list[NDArray[np.int32]]":
        """Token ids of each text, (tokens,), with the special tokens, cut at `max_length`."""
        import numpy as np

        texts = [self.prefix + content for content in contents]
        encoded = self.tokenizer(texts, truncation=True, max_length=self.max_length, return_attention_mask=False)
        return [np.array(ids, np.int32) for ids in encoded["input_ids"]]

    def decode(self, model_input: Sequence[int]) -> str:
        """The text that is left of a content once it is cut."""
        text: str = self.tokenizer.decode(model_input, skip_special_tokens=True)
        return text.removeprefix(self.prefix)

    def save(self, folder: Path) -> None:
        """Write the tokenizer's files, and the options beside them."""
        self.tokenizer.save_pretrained(folder)
        options = {"max_length": self.max_length, "prefix": self.prefix}
        (folder / OPTIONS).write_text(json.dumps(options, indent=1) + "\n", encoding="utf-8")


def make_encoder(backbone: Path, max_length: int, prefix: str) -> TextEncoder:
    """The tokenizer of a backbone.

    Raises:
        UserError: the backbone has no tokenizer files, or takes fewer tokens than `max_length`.
    """
    from transformers import AutoConfig, AutoTokenizer

    if not any((backbone / name).is_file() for name in TOKENIZER_FILES):  # transformers would make an empty one
        raise UserError(f"backbone folder {backbone} has no tokenizer: none of {', '.join(TOKENIZER_FILES)}.")
    tokenizer = AutoTokenizer.from_pretrained(backbone)
    longest = _longest(AutoConfig.from_pretrained(backbone))
    if max_length > longest:
        raise UserError(f"tokenize.max_length is {max_length}, the backbone takes at most {longest}; lower it.")
    tokenizer.model_max_length = max_length
    return TextEncoder(tokenizer, max_length, prefix)


def load_encoder(folder: Path) -> TextEncoder:
    """The encoder that was saved to `folder`."""
    from transformers import AutoTokenizer

    options = json.loads((folder / OPTIONS).read_text(encoding="utf-8"))
    return TextEncoder(AutoTokenizer.from_pretrained(folder), **options)


def _longest(config: Any) -> int:
    """Tokens that an encoder has positions for; RoBERTa's family numbers them from the padding id on."""
    positions = getattr(config, "max_position_embeddings", 1 << 20)
    return positions - config.pad_token_id - 1 if "roberta" in config.model_type else positions


def floor() -> "Pipeline":
    """TF-IDF of words and word pairs, and a linear SVM: strong in one language, and blind in any other."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    return make_pipeline(TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)), LinearSVC(random_state=0))

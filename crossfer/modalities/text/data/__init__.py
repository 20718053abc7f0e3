"""Text: what counts as the same text, and how it becomes subword tokens. Its models are in text_model.py."""

import hashlib
import html
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ftfy
from ftfy.badness import badness

from crossfer.artifacts.chunks import chunked
from crossfer.errors import UserError
from crossfer.modalities.text.data.confusables import undisguised

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline
    from tokenizers import Tokenizer

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
NUMBERED_FROM_PADDING = ("roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "xmod", "longformer", "mpnet")
PACKAGES = ("ftfy", "tokenizers")
SHOWN = 300  # characters of a text on a page
SEEN = 100_000  # characters at either end of a text that an encoder looks at: more than any of them takes
TOGETHER, TOGETHER_SIZE = 1000, 4_000_000  # texts, and their characters, that are made tokens at a time
BROKEN = 3  # sequences that look wrongly decoded, from which on a text is taken to be
OPTIONS, TOKENIZER = "encoder.json", "tokenizer.json"
TOKENIZER_FILES = (
    TOKENIZER,
    "vocab.txt",
    "vocab.json",
    "sentencepiece.bpe.model",
    "spiece.model",
    "tokenizer.model",
)


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
            content = _ends(content)
        broken = badness(content) >= BROKEN
        repaired = ftfy.fix_text(content, REPAIRS._replace(fix_encoding=broken))
        composed = unicodedata.normalize("NFC", repaired)
        shown = undisguised(composed)
        folded = " ".join(shown.split())
        steps = {
            "encoding": (content, repaired),
            "unicode_form": (repaired, composed),
            "disguise": (composed, shown),
            "white_space": (shown, folded),
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


def size(content: str) -> int:
    """The letters, combining marks and digits of any script in a text."""
    return sum(unicodedata.category(character)[0] in "LMN" for character in content)


def fingerprint(content: str) -> str:
    """Texts are duplicates when they are equal after normalisation: then so is this, which is short."""
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class TextEncoder:
    """How texts become a backbone's input.

    Attributes:
        tokenizer: the backbone's, which cuts at a number of tokens.
        prefix: what is put before every text.
        padding: id of the token that fills up a batch.
    """

    tokenizer: "Tokenizer"
    prefix: str
    padding: int

    def encode(self, contents: Sequence[str]) -> "list[NDArray[np.int32]]":
        """Token ids of each text, (tokens,), with the special tokens."""
        import numpy as np

        inputs = []
        for some in chunked((self.prefix + _ends(content) for content in contents), TOGETHER, TOGETHER_SIZE, len):
            inputs += [np.array(one.ids, np.int32) for one in self.tokenizer.encode_batch_fast(some)]
        return inputs

    def seen(self, content: str) -> str:
        """The text without what is cut off; a word may be cut in two."""
        spans = [span for span in self.tokenizer.encode(self.prefix + content).offsets if span[0] < span[1]]
        start, end = min(first for first, _ in spans), max(last for _, last in spans)
        return content[max(start - len(self.prefix), 0) : max(end - len(self.prefix), 0)]

    def batch(self, inputs: "Sequence[NDArray[np.int32]]") -> "dict[str, NDArray[np.int64]]":
        """What a graph takes: input_ids, filled up to the longest, and attention_mask, (rows, tokens) each."""
        import numpy as np

        lengths = np.array([len(ids) for ids in inputs])
        mask = np.arange(lengths.max()) < lengths[:, None]
        ids = np.full(mask.shape, self.padding, np.int64)
        ids[mask] = np.concatenate(inputs)
        return {"input_ids": ids, "attention_mask": mask.astype(np.int64)}


def make_encoder(backbone: Path, folder: Path, max_length: int, prefix: str) -> TextEncoder:
    """Write the tokenizer of a backbone to `folder`, as transformers does, with the options beside it; load it.

    Raises:
        UserError: the backbone has no tokenizer files, or none that the library tokenizers can run; it needs code of
            its own; or it takes fewer tokens than `max_length`.
    """
    from transformers import AutoConfig, AutoTokenizer

    if not any((backbone / name).is_file() for name in TOKENIZER_FILES):  # transformers would make an empty one
        raise UserError(f"backbone folder {backbone} has no tokenizer: none of {', '.join(TOKENIZER_FILES)}.")
    try:
        tokenizer = AutoTokenizer.from_pretrained(backbone, trust_remote_code=False)
        longest = _longest(AutoConfig.from_pretrained(backbone, trust_remote_code=False))
    except ValueError as error:
        raise UserError(f"backbone folder {backbone} cannot be loaded: {str(error).splitlines()[0]}") from None
    if max_length > longest:
        raise UserError(f"tokenize.max_length is {max_length}, the backbone takes at most {longest}; lower it.")
    tokenizer.model_max_length = max_length
    tokenizer.save_pretrained(folder)
    if not (folder / TOKENIZER).is_file():
        raise UserError(f"backbone folder {backbone} has no tokenizer that needs neither Python nor SentencePiece.")
    options = {
        "max_length": max_length,
        "cut": tokenizer.truncation_side,
        "prefix": prefix,
        "padding": tokenizer.pad_token_id or 0,
    }
    (folder / OPTIONS).write_text(json.dumps(options, indent=1) + "\n", encoding="utf-8")
    return load_encoder(folder)


def load_encoder(folder: Path) -> TextEncoder:
    """The encoder that `make_encoder` wrote to `folder`; transformers is not needed for it."""
    from tokenizers import Tokenizer

    options = json.loads((folder / OPTIONS).read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.enable_truncation(options["max_length"], direction=options["cut"])
    tokenizer.no_padding()
    return TextEncoder(tokenizer, options["prefix"], options["padding"])


def _ends(content: str) -> str:
    """A text without what lies further from either end than any encoder looks."""
    return content if len(content) <= 2 * SEEN else content[:SEEN] + content[-SEEN:]


def _longest(config: Any) -> int:
    """Tokens that an encoder has positions for; RoBERTa's relatives number them from the padding id on."""
    positions: int = getattr(config, "max_position_embeddings", 1 << 20)
    return positions - config.pad_token_id - 1 if config.model_type in NUMBERED_FROM_PADDING else positions


def floor() -> "Pipeline":
    """TF-IDF of words and word pairs, and a linear SVM: strong in one language, and blind in any other."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    return make_pipeline(TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)), LinearSVC(random_state=0))


def as_html(content: str) -> str:
    """The beginning of the text."""
    return f"<p>{html.escape(content[:SHOWN])}{' ...' if len(content) > SHOWN else ''}</p>"

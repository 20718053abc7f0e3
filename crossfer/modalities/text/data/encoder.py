"""Encode texts as token ids with the tokenizer of a backbone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossfer.artifacts.chunks import chunked
from crossfer.errors import UserError
from crossfer.modalities.text.data.content import drop_middle

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

POSITIONS_AFTER_PADDING = ("roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "xmod", "longformer", "mpnet")
CHUNK_ROWS, CHUNK_SIZE = 1000, 4_000_000  # texts and characters that are encoded at once
OPTIONS_FILE, TOKENIZER_FILE = "encoder.json", "tokenizer.json"
VOCABULARY_FILES = ("vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model", "tokenizer.model")
TOKENIZER_FILES = (TOKENIZER_FILE, *VOCABULARY_FILES)


@dataclass(frozen=True)
class TextEncoder:
    """Encodes texts for a backbone."""

    tokenizer: "Tokenizer"  # truncates
    prefix: str  # inserted before each text
    padding: int  # id of the padding token

    def encode(self, contents: Sequence[str]) -> "list[NDArray[np.int32]]":
        """Return the token ids of each text with special tokens, (tokens,)."""
        return self.encode_and_count(contents)[0]

    def encode_and_count(self, contents: Sequence[str]) -> "tuple[list[NDArray[np.int32]], int]":
        """Return the token ids of each text, and the number of truncated texts."""
        import numpy as np

        inputs, truncated = [], 0
        texts = (self.prefix + drop_middle(content) for content in contents)
        for chunk in chunked(texts, CHUNK_ROWS, CHUNK_SIZE, len):
            for encoding in self.tokenizer.encode_batch_fast(chunk):
                inputs.append(np.array(encoding.ids, np.int32))
                truncated += bool(encoding.overflowing)
        return inputs, truncated

    def describe_sizes(self, lengths: Sequence[int]) -> str:
        """Return the mean number of tokens in words."""
        return f"mean length {sum(lengths) / len(lengths):.0f} tokens"

    def visible_part(self, content: str) -> str:
        """Return the text without the part that truncation removes; a word may be cut."""
        spans = [span for span in self.tokenizer.encode(self.prefix + content).offsets if span[0] < span[1]]
        start, end = min(first for first, _ in spans), max(last for _, last in spans)
        return content[max(start - len(self.prefix), 0) : max(end - len(self.prefix), 0)]

    def batch(self, inputs: "Sequence[NDArray[np.int32]]") -> "dict[str, NDArray[np.int64]]":
        """Return the inputs of an ONNX graph: padded input_ids and attention_mask.

        Both have the shape (rows, tokens).
        """
        import numpy as np

        lengths = np.array([len(ids) for ids in inputs])
        mask = np.arange(lengths.max()) < lengths[:, None]
        ids = np.full(mask.shape, self.padding, np.int64)
        ids[mask] = np.concatenate(inputs)
        return {"input_ids": ids, "attention_mask": mask.astype(np.int64)}


def make_encoder(backbone: Path, folder: Path, max_length: int, prefix: str) -> TextEncoder:
    """Write a backbone's tokenizer and the options to `folder`; return the encoder.

    Raises:
        UserError: the backbone has no tokenizer for the library tokenizers, needs its own code, or takes fewer than
            `max_length` tokens, or the prefix takes all of them.
    """
    from transformers import AutoConfig, AutoTokenizer

    if not any((backbone / name).is_file() for name in TOKENIZER_FILES):  # transformers would create an empty one
        raise UserError(f"backbone folder {backbone} has no tokenizer; add one of {', '.join(TOKENIZER_FILES)}.")
    try:
        tokenizer = AutoTokenizer.from_pretrained(backbone, trust_remote_code=False, split_special_tokens=True)
        limit = max_tokens(AutoConfig.from_pretrained(backbone, trust_remote_code=False))
    except ValueError as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise UserError(
            f"backbone folder {backbone} cannot be loaded ({reason}); use a model whose architecture and tokenizer are"
            " in transformers."
        ) from error
    if max_length > limit:
        raise UserError(f"tokenize.max_length is {max_length}, the backbone takes at most {limit}; lower it.")
    tokenizer.model_max_length = max_length
    tokenizer.save_pretrained(folder)
    if not (folder / TOKENIZER_FILE).is_file():
        raise UserError(f"backbone folder {backbone} has no fast tokenizer; save {TOKENIZER_FILE} with it.")
    options = {
        "max_length": max_length,
        "cut": tokenizer.truncation_side,
        "prefix": prefix,
        "padding": tokenizer.pad_token_id or 0,
    }
    (folder / OPTIONS_FILE).write_text(json.dumps(options, indent=1) + "\n", encoding="utf-8")
    encoder = load_encoder(folder)
    if len(encoder.tokenizer.encode(prefix).ids) >= max_length:
        raise UserError(
            f"tokenize.prefix takes all of the {max_length} tokens of tokenize.max_length, so no text would be read;"
            " shorten it, or raise max_length."
        )
    return encoder


def load_encoder(folder: Path) -> TextEncoder:
    """Return the encoder that `make_encoder` wrote, without importing transformers."""
    from tokenizers import Tokenizer

    options = json.loads((folder / OPTIONS_FILE).read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    tokenizer.encode_special_tokens = True  # "<s>" in a text is plain text, not the beginning of another text
    tokenizer.enable_truncation(options["max_length"], direction=options["cut"])
    tokenizer.no_padding()
    return TextEncoder(tokenizer, options["prefix"], options["padding"])


def max_tokens(config: Any) -> int:
    """Return the largest number of tokens that the position embeddings allow.

    RoBERTa uses only the embeddings after the padding id.
    """
    positions: int = getattr(config, "max_position_embeddings", 1 << 20)
    return positions - config.pad_token_id - 1 if config.model_type in POSITIONS_AFTER_PADDING else positions

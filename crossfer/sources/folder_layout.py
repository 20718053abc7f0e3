"""Find the label and the split of each file in a folder of texts or images."""

import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crossfer.errors import ErrorList, UserError
from crossfer.sources.checks import check_file, is_hidden
from crossfer.sources.split_names import split_of_folder, splits_in_label

SUFFIX = re.compile(r"\.([a-z0-9]{1,10})")

LabelledFile = tuple[Path, str, str | None]  # file, label, official split


@dataclass
class FolderLayout:
    """Finds the labelled files of a folder.

    Attributes:
        root: the folder.
        suffixes: of the files that are read.
        notes: counts files that are left out, by suffix, and empty folders.
        errors: lists files that cannot be read, and labels without readable files.
    """

    root: Path
    suffixes: Sequence[str]
    notes: Counter[str]
    errors: ErrorList = field(default_factory=ErrorList)

    def find_files(self) -> list[LabelledFile]:
        """Return the labelled files, in the order of their paths.

        Raises:
            UserError: the layout is another one, a file cannot be read, or a label has no readable file.
        """
        entries = self._list_entries(self.root)
        folders = [entry for entry in entries if entry.is_dir()]
        splits = [folder for folder in folders if split_of_folder(folder.name)]
        if len(splits) < len(folders) and any(entry.is_dir() for folder in splits for entry in folder.iterdir()):
            others = ", ".join(folder.name for folder in folders if folder not in splits)
            raise UserError(
                f"{self.root} has folders of splits ({', '.join(folder.name for folder in splits)}) and of labels"
                f" ({others}); put all labels into splits, or none."
            )
        groups: list[tuple[list[Path], str | None]] = [(entries, None)]
        if folders and len(splits) == len(folders):
            self._leave_out(entry for entry in entries if not entry.is_dir())
            groups = [(self._list_entries(folder), split_of_folder(folder.name)) for folder in folders]
        files = [file for group, split in groups for file in self._find_in_group(group, split)]
        self.errors.check()
        self._check_labels({label for _, label, _ in files})
        return files

    def _find_in_group(self, entries: list[Path], split: str | None) -> Iterator[LabelledFile]:
        """Yield the labelled files in the root folder, or in the folder of a split."""
        folders = [entry for entry in entries if entry.is_dir()]
        for folder in folders:
            yield from ((file, folder.name, split) for file in self._find_in_label(folder))
        files_by_label: dict[str, list[Path]] = {}
        for file in (entry for entry in entries if not entry.is_dir()):
            label = file.name.split(".")[0] if file.name.count(".") > 1 and not folders else ""
            files_by_label.setdefault(label, []).append(file)
        for label, files in files_by_label.items():
            readable = self._select_readable(files)
            if label and not readable:
                self._add_lost_label(label, files)
            for file in readable:
                if not label:
                    rename = "" if folders else f", or rename it to <label>.{file.name}"
                    raise UserError(f"{file} has no label; put it into a folder named after its label{rename}.")
                yield file, label, split

    def _find_in_label(self, folder: Path) -> list[Path]:
        """Return the readable files in the folder of a label, and in its folders."""
        entries = self._list_entries(folder, "**/*")
        inner = [entry.name for entry in entries if entry.is_dir() and entry.parent == folder]
        if len({split_of_folder(name) for name in inner} - {None}) > 1:
            raise UserError(
                f"{folder} would be the label {folder.name}, but has folders of splits ({', '.join(inner)}); put the"
                f" folders of labels into those of splits, or set path to {folder}."
            )
        files = [entry for entry in entries if not entry.is_dir()]
        readable = self._select_readable(files)
        if files and not readable:
            self._add_lost_label(folder.name, files)
        if not files:
            self.notes["empty_folders"] += 1
        return readable

    def _select_readable(self, files: Sequence[Path]) -> list[Path]:
        """Return the files with a suffix that is read; count the others."""
        self._leave_out(file for file in files if not self._has_read_suffix(file))
        return [file for file in files if self._has_read_suffix(file)]

    def _has_read_suffix(self, file: Path) -> bool:
        return file.suffix.lower() in self.suffixes

    def _leave_out(self, files: Iterable[Path]) -> None:
        self.notes.update(f"left_out_files_{_type_of(file)}" for file in files)

    def _add_lost_label(self, label: str, files: list[Path]) -> None:
        counts = Counter(_type_of(file) for file in files)
        types = ", ".join(f"{name}: {count}" for name, count in sorted(counts.items()))
        self.errors.add(
            UserError(
                f"{files[0].parent} has no file of the label {label} that can be read ({types}); convert them to"
                f" {self.suffixes[0]}, or remove them."
            )
        )

    def _check_labels(self, labels: Collection[str]) -> None:
        """Raise a `UserError` if labels seem to be the names of splits.

        A single label may well be `test`, and all labels may end in `train`.
        """
        splits = {label: splits_in_label(label) for label in labels}
        similar = sorted(label for label, split in splits.items() if split)
        are_splits = len(similar) == len(labels) and all(split_of_folder(re.sub(r"\d+", "", label)) for label in labels)
        if similar and (are_splits or len(set.union(*(splits[label] for label in similar))) > 1):
            raise UserError(
                f"{self.root} has the labels {', '.join(similar)}, which seem to be splits; name folders of splits"
                " train, validation and test, with folders of labels in each, or rename the labels."
            )

    def _list_entries(self, folder: Path, pattern: str = "*") -> list[Path]:
        """Return the visible entries of a folder, sorted; count the hidden ones.

        Entries that `check_file` refuses, or with a name that is not UTF-8, become errors.
        """
        if not self._is_readable(folder):
            return []
        entries = sorted(folder.glob(pattern))
        visible = [entry for entry in entries if not is_hidden(entry.relative_to(folder))]
        if hidden := len(entries) - len(visible):
            self.notes["left_out_files_hidden"] += hidden
        return [entry for entry in visible if self._is_readable(entry)]

    def _is_readable(self, entry: Path) -> bool:
        try:
            check_file(entry, self.root)
            if os.fsencode(entry.name).decode("utf-8", "replace") != entry.name:
                raise UserError(f"{str(entry)!r} has a name that is not UTF-8; rename it.")
        except UserError as error:
            self.errors.add(error)
            return False
        return True


def _type_of(file: Path) -> str:
    """Return the suffix of a file without its dot, or `other`."""
    match = SUFFIX.fullmatch(file.suffix.lower())
    return match[1] if match else "other"

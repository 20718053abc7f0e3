"""Recognize the usual names of splits in names of folders, files and labels."""

import re
from pathlib import Path

from crossfer.artifacts.paths import TEST, TRAIN, VALIDATION

SPLITS = {
    **dict.fromkeys(["train", "training"], TRAIN),
    **dict.fromkeys(["validation", "valid", "val", "dev", "development"], VALIDATION),
    **dict.fromkeys(["test", "testing"], TEST),
}
ENDING = re.compile(r"[\W_]*(set|data|split)?[\W_]*$")  # train_set, test-data
WORDS = {**{name: split for name, split in SPLITS.items() if name != "development"}, "eval": VALIDATION}


def split_of_folder(name: str) -> str | None:
    """Return the split that a folder's name means; None if it means none."""
    return SPLITS.get(ENDING.sub("", name.lower()))


def split_of_file(path: Path) -> str | None:
    """Return the split that a file's name means or begins with, as `dev-2.tsv`."""
    return split_of_folder(path.stem) or SPLITS.get(re.split(r"[-_.\s]", path.stem.lower())[0])


def splits_in_label(label: str) -> set[str]:
    """Return the splits that are named by words of a label."""
    return {WORDS[word] for word in re.split(r"[\W\d_]+", label.lower()) if word in WORDS}

"""Find the files of official splits in a folder."""

import re
from collections import defaultdict
from pathlib import Path

from crossfer.config.record_domains import OFFICIAL_SPLITS
from crossfer.errors import UserError
from crossfer.sources.folder_layout import SPLITS

SHARD = re.compile(r"-\d+-of-\d+$")  # as the Hugging Face Hub numbers the files of one split


def split_of(path: Path) -> str | None:
    """Return the official split that a file's name begins with, such as `dev-2.tsv`."""
    return SPLITS.get(re.split(r"[-_.\s]", path.stem.lower())[0])


def find_split_files(files: list[Path]) -> dict[str, str]:
    """Return the path, or pattern of numbered parts, of each official split.

    A file that has exactly the name of a split comes before others of the split.

    Raises:
        UserError: several files may be the same split.
    """
    by_split: dict[str, list[Path]] = defaultdict(list)
    for file in files:
        if split := split_of(file):
            by_split[split].append(file)
    paths = {}
    for split, candidates in by_split.items():
        exact = [file for file in candidates if file.stem.lower() in SPLITS]
        stems = {SHARD.sub("", file.stem) for file in candidates}
        if len(exact) == 1 or len(candidates) == 1:
            paths[split] = (exact or candidates)[0].as_posix()
        elif len(stems) == 1 and len({file.suffix for file in candidates}) == 1:
            paths[split] = candidates[0].with_name(f"{stems.pop()}-*{candidates[0].suffix}").as_posix()
        else:
            names = ", ".join(file.name for file in candidates[:5])
            raise UserError(
                f"{candidates[0].parent} has several files for the split {split} ({names}); leave one of them there."
            )
    return {split: paths[split] for split in OFFICIAL_SPLITS if split in paths}

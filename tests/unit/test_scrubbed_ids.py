"""Ids that contain personal data are replaced by keyed digests."""

import hashlib
from collections import Counter

import pandas as pd
import pytest

from crossfer.artifacts import io
from crossfer.preprocessing.scrubbing import IdScrubber


def id_scrubber(folder, *tables, data_types=("email",)):
    """Return a scrubber of the ids of these raw tables, each a list of ids."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number}.parquet" for number in range(len(tables))]
    for path, ids in zip(paths, tables, strict=True):
        io.write_table(path, pd.DataFrame({"id": ids, "content": "text", "label": "a"}))
    return IdScrubber(data_types, paths)


def test_ids_with_personal_data_become_keyed_digests(tmp_path):
    first = id_scrubber(tmp_path / "a", ["jo@example.com", "5"], ["jo@example.com"])
    same, other = (id_scrubber(tmp_path / name, ids) for name, ids in (("b", ["5"]), ("c", ["6"])))
    digest = first.replace("jo@example.com", "en")
    assert digest.startswith("scrubbed-") and len(digest) == 29 and first.replace("5", "en") == "5"
    assert first.replace("ann@example.com", "en") != digest
    assert (
        id_scrubber(tmp_path / "d", ["jo@example.com", "5"], ["jo@example.com"]).replace("jo@example.com", "en")
        == digest
    )
    assert (
        len({digest, same.replace("jo@example.com", "en"), other.replace("jo@example.com", "en")}) == 3
    )  # keys of three data sets
    assert id_scrubber(tmp_path / "a", ["1"], data_types=()).replace("jo@example.com", "en") == "jo@example.com"
    for unkeyed in (hashlib.sha256, hashlib.md5):
        assert unkeyed(b"jo@example.com").hexdigest()[:20] not in digest


def test_scrubbed_ids_are_counted(tmp_path):
    changed = Counter()
    rows = pd.DataFrame({"id": ["jo@example.com", "5"], "content": ["a", "b"]}, index=[3, 4])
    (chunk,) = id_scrubber(tmp_path / "a", ["5"]).scrub([rows], "en", changed)
    assert changed == {"scrubbed_id": 1} and list(chunk.index) == [3, 4]
    assert chunk["id"].dtype == rows["id"].dtype and chunk["id"][4] == "5"


@pytest.mark.parametrize(
    ("data_type", "row_id"),
    [("phone", "+254712340100"), ("ip", "192.168.0.7"), ("email", "jo@example.com"), ("card", "4111 1111 1111 1111")],
)
def test_name_of_the_domain_before_an_id_hides_nothing(tmp_path, data_type, row_id):
    scrubber = id_scrubber(tmp_path / "a", [row_id], data_types=(data_type,))
    digest = scrubber.replace(row_id, "sw")
    assert digest.startswith("scrubbed-")
    assert scrubber.replace(f"sw-{row_id}", "sw") == f"sw-{digest}"

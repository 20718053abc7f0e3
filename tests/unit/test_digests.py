"""Digests of files and folders equal those in dvc.lock."""

import hashlib

from crossfer.artifacts import digests


def test_folder_digest_is_computed_from_file_digests(tmp_path):
    (tmp_path / "b").mkdir()
    for name, content in (("b/one.txt", b"1"), ("b.parquet", b"2"), ("a.parquet", b"3")):
        (tmp_path / name).write_bytes(content)
    files = digests.file_digests(tmp_path)
    assert files["b/one.txt"] == hashlib.md5(b"1").hexdigest() == digests.digest(tmp_path / "b/one.txt")
    assert set(files) == {"b/one.txt", "b.parquet", "a.parquet"}
    assert digests.folder_digest(files) == digests.digest(tmp_path)
    assert digests.folder_digest({**files, "a.parquet": files["b.parquet"]}) != digests.digest(tmp_path)

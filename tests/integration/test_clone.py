"""A fresh clone of a repository whose outputs lie in a remote: all is there again, and nothing is trained."""

import pytest
from repository import STAGES

from crossfer.artifacts import digests


@pytest.fixture(scope="module")
def clone(repository, tmp_path_factory):
    """A clone of a repository that has pushed to a folder."""
    place = tmp_path_factory.mktemp("clone")
    origin = repository.copied(place / "origin")
    origin.run("dvc", "remote", "add", "--default", "shelf", str(place / "shelf"))
    origin.run("dvc", "push")
    origin.commit("with a remote")
    return origin.cloned(place / "clone")


def test_nothing_but_the_cache_is_missing(clone):
    said = clone.run("dvc", "status")
    assert "deleted:" in said
    modified = [line.split()[-1] for line in said.splitlines() if "modified:" in line]
    assert modified in ([], ["data/reports"])  # git has all of it but for the pages of mistakes, which lie in the cache
    assert "new:" not in said and "changed command" not in said


def test_all_comes_from_the_remote(clone):
    clone.run("dvc", "pull")
    assert "Data and pipelines are up to date" in clone.run("dvc", "status")
    outs = {out["path"]: out["md5"] for block in clone.lock().values() for out in block["outs"]}
    assert {path: digests.digest(clone.folder / path) for path in outs} == outs
    said = clone.run("dvc", "repro")
    assert not any(f"Running stage '{stage}@tiny'" in said for stage in STAGES)
    assert not (clone.folder / "mlflow.db").exists()

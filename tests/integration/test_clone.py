"""`dvc pull` restores all outputs of a clone from a DVC remote, without training."""

import pytest
from repository import STAGES

from crossfer.artifacts import digests


@pytest.fixture(scope="module")
def clone(repository, tmp_path_factory):
    """A clone of a repository whose outputs are in a DVC remote."""
    folder = tmp_path_factory.mktemp("clone")
    origin = repository.copy_to(folder / "origin")
    origin.run("dvc", "remote", "add", "--default", "storage", str(folder / "storage"))
    origin.run("dvc", "push")
    origin.commit("with a remote")
    return origin.clone_to(folder / "clone")


def test_clone_lacks_only_the_cache(clone):
    output = clone.run("dvc", "status")
    assert "deleted:" in output
    modified = [line.split()[-1] for line in output.splitlines() if "modified:" in line]
    assert modified in ([], ["data/reports"])  # the pages of mistakes are in the cache, not in git
    assert "new:" not in output and "changed command" not in output


def test_pull_restores_all_outputs(clone):
    clone.run("dvc", "pull")
    assert "Data and pipelines are up to date" in clone.run("dvc", "status")
    outs = {out["path"]: out["md5"] for block in clone.lock().values() for out in block["outs"]}
    assert {path: digests.digest(clone.folder / path) for path in outs} == outs
    output = clone.run("dvc", "repro")
    assert not any(f"Running stage '{stage}@tiny'" in output for stage in STAGES)
    assert not (clone.folder / "mlflow.db").exists()

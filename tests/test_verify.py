"""Everything made anew in a fresh clone: what is the same is said to be, and what is not."""

import shutil
import sys

import pytest
from conftest import Repository
from ruamel.yaml import YAML

from stages import verify

pytestmark = pytest.mark.pipeline


def test_one_output_is_not_what_the_commit_says(repository, tmp_path):
    """All others are the same bytes, in another folder and with a cache of its own; nothing is left beside."""
    made = Repository.__new__(Repository)
    made.folder, made.environment = tmp_path / "planted", repository.environment
    without = shutil.ignore_patterns("mlflow.db", "mlruns", "cache", "tmp")
    shutil.copytree(repository.folder, made.folder, symlinks=True, ignore=without)
    lock = YAML(typ="safe").load((made.folder / "dvc.lock").read_text())
    (out,) = lock["stages"]["finetune@tiny"]["outs"]
    out["md5"] = "0" * 32 + ".dir"
    YAML().dump(lock, made.folder / "dvc.lock")
    made.commit("planted")
    said = made.run(sys.executable, "-m", "stages.verify", status=1)
    rows = [line for line in said.splitlines() if (line.startswith("| ") and "@tiny" in line) or "| compare |" in line]
    others = [row for row in rows if not row.endswith("| same |")]
    assert others == ["| finetune@tiny | data/models/tiny | other bytes |"]
    assert len(rows) > 15
    assert f"{len(rows) - 1} of {len(rows)} outputs are the same bytes." in said
    assert list(tmp_path.iterdir()) == [made.folder]


def test_nothing_to_hold_against(empty_repository):
    said = empty_repository.run(sys.executable, "-m", "stages.verify", status=2)
    assert said.splitlines()[-1].startswith("error: dvc.lock is not there; ")


def test_what_was_not_made_is_said():
    committed = {("a", "x"): "1", ("a", "y"): "2", ("b", "z"): "3"}
    found = verify.table(committed, {("a", "x"): "1", ("a", "y"): "9"}).splitlines()
    assert found[2:5] == ["| a | x | same |", "| a | y | other bytes |", "| b | z | not made |"]
    assert found[-1] == "1 of 3 outputs are the same bytes."

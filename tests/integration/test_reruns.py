"""The pipeline again, elsewhere, and with changes: the same bytes, and no work where nothing changed."""

import pytest
from repository import STAGES, runs
from ruamel.yaml import YAML

from crossfer.commands import verify


@pytest.fixture(scope="module")
def other(repository, tmp_path_factory):
    """A copy with a cache and runs of its own, in which all was forced, and finetune and evaluate once more."""
    made = repository.copied(tmp_path_factory.mktemp("another place") / "copy", "mlflow.db", "mlruns", "cache")
    made.run("dvc", "repro", "--force")
    made.run("dvc", "repro", "--force", "--single-item", "finetune@tiny", "evaluate@tiny")
    return made


def test_the_same_bytes_again(repository, other):
    assert other.lock() == repository.lock()


def test_a_second_repro_does_nothing(other):
    before = len(runs(other.client()))
    assert "Data and pipelines are up to date" in other.run("dvc", "repro")
    assert len(runs(other.client())) == before
    assert other.run("git", "status", "--porcelain") == ""


def test_a_forced_run_finds_its_own_parent(other):
    client = other.client()
    finetunes, evaluates = runs(client, "finetune"), runs(client, "evaluate")
    assert [run.data.tags["mlflow.parentRunId"] for run in evaluates] == [run.info.run_id for run in finetunes]


def test_a_logged_model_is_the_file_in_the_workspace(other):
    """That of the first run: DVC replaces the same bytes of a forced run by those in its cache."""
    weights = (other.folder / "data/models/tiny/model.safetensors").stat()
    logged = [path.stat() for path in (other.folder / "mlruns/models").rglob("model.safetensors")]
    assert len(logged) == 2
    assert weights.st_ino in {one.st_ino for one in logged}
    assert weights.st_nlink == 3  # with DVC's cache


def test_what_a_change_reruns(other):
    """A parameter of evaluate touches what scores alone; another domain's name leaves the training alone."""
    params = YAML(typ="safe").load((other.folder / "params.yaml").read_text())
    params["tasks"]["tiny"]["evaluate"]["bootstrap_samples"] = 300
    params["tasks"]["tiny"]["targets"].append({"domain": "fr", "provider": "news_probe"})
    other.write_params(params)
    said = other.run("dvc", "repro")
    assert [stage for stage in STAGES if f"Running stage '{stage}@tiny'" in said] == [
        "ingest",
        "preprocess",
        "tokenize",
        "adapt",
        "evaluate",
        "stress",
        "compress",
    ]
    assert "Stage 'finetune@tiny' didn't change, skipping" in said


# --- verify


def test_outputs_that_are_not_what_the_commit_says(repository, tmp_path, tmp_path_factory):
    """All others are the same bytes, by another user in another folder, with another cache; nothing is left beside."""
    made = repository.copied(tmp_path / "planted", "mlflow.db", "mlruns", "cache", "tmp")
    lock = YAML(typ="safe").load((made.folder / "dvc.lock").read_text())
    (out,) = lock["stages"]["finetune@tiny"]["outs"]
    out["md5"] = "0" * 32 + ".dir"
    lock["stages"]["finetune@gone"] = {"cmd": "x", "outs": [{**out, "path": "data/models/gone"}]}
    del lock["stages"]["tokenize@tiny"]
    YAML().dump(lock, made.folder / "dvc.lock")
    made.commit("planted")
    home = str(tmp_path_factory.mktemp("home"))
    others = {"HOME": home, "CROSSFER_CACHE": f"{home}/cache", "LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8"}
    said = made.crossfer("verify", status=1, PYTHONHASHSEED="7", **others)  # in real processes
    rows = [
        line for line in said.splitlines() if line.startswith("| ") and ("@" in line or line.startswith("| compare"))
    ]
    others = [row for row in rows if not row.endswith("| identical |")]
    assert sorted(others) == [
        "| finetune@gone | data/models/gone | not written |",
        "| finetune@tiny | data/models/tiny | different |",
        "| tokenize@tiny | data/tokens/tiny | not in dvc.lock |",
    ]
    assert len(rows) > 15
    assert f"{len(rows) - 3} of {len(rows)} outputs are identical." in said
    assert list(tmp_path.iterdir()) == [made.folder]


def test_nothing_to_hold_against(empty_repository):
    said = empty_repository.crossfer("verify", status=2)
    assert said.splitlines()[-1].startswith("error: dvc.lock does not exist; ")


def test_what_was_not_made_is_said():
    committed = {("a", "x"): "1", ("a", "y"): "2", ("b", "z"): "3"}
    found = verify.comparison_table(committed, {("a", "x"): "1", ("a", "y"): "9", ("c", "w"): "4"}).splitlines()
    assert found[2:5] == ["| a | x | identical |", "| a | y | different |", "| b | z | not written |"]
    assert found[5] == "| c | w | not in dvc.lock |"
    assert found[-1] == "1 of 4 outputs are identical."

"""The pipeline again, and with changes: the same hashes, and no work where nothing changed."""

import pytest
from repository import STAGES, Repository, runs
from ruamel.yaml import YAML


def test_a_second_repro_does_nothing(repository):
    before = len(runs(repository.client()))
    assert "Data and pipelines are up to date" in repository.run("dvc", "repro")
    assert len(runs(repository.client())) == before
    assert repository.run("git", "status", "--porcelain") == ""


@pytest.fixture(scope="module")
def other(tmp_path_factory, tiny_backbone):
    """A second repository elsewhere, reproduced as another user, then forced to do all again: the lock after each."""
    made = Repository(tmp_path_factory.mktemp("another place"), tiny_backbone)
    home = str(tmp_path_factory.mktemp("home"))
    others = {"HOME": home, "CROSSFER_CACHE": f"{home}/cache", "LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8"}
    made.run("dvc", "repro", **others, PYTHONHASHSEED="7")
    first = made.lock()
    made.run("dvc", "repro", "--force")
    return made, first, made.lock()


def test_the_same_bytes_again_and_elsewhere(repository, other):
    _, first, again = other
    assert first == again
    for stage, block in repository.lock().items():
        assert {out["path"]: out["md5"] for out in block["outs"]} == {
            out["path"]: out["md5"] for out in first[stage]["outs"]
        }


def test_a_forced_run_finds_its_own_parent(other):
    client = other[0].client()
    finetunes, evaluates = runs(client, "finetune"), runs(client, "evaluate")
    assert [run.data.tags["mlflow.parentRunId"] for run in evaluates] == [run.info.run_id for run in finetunes]


def test_no_logged_model_takes_disk_space_of_its_own(other):
    """The first run's weights are the file in DVC's cache, those of the forced run the file in the workspace."""
    weights = [path.stat() for path in other[0].folder.rglob("*.safetensors")]
    logged = [path.stat() for path in (other[0].folder / "mlruns/models").rglob("model.safetensors")]
    assert len(logged) == 2
    assert (other[0].folder / "data/models/tiny/model.safetensors").stat().st_ino in {one.st_ino for one in logged}
    assert all(one.st_nlink >= 2 for one in weights)


def test_what_a_change_reruns(other):
    """A parameter of evaluate touches what scores alone; another domain's name leaves the training alone."""
    repository, *_ = other
    params = YAML(typ="safe").load((repository.folder / "params.yaml").read_text())
    params["tasks"]["tiny"]["evaluate"]["bootstrap"] = 300
    params["tasks"]["tiny"]["targets"].append({"domain": "fr", "kind": "fr", "provider": "news_probe"})
    repository.write_params(params)
    said = repository.run("dvc", "repro")
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

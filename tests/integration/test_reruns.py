"""The pipeline reruns in another folder and after changes; verify compares."""

import pytest
from repository import STAGES, runs
from ruamel.yaml import YAML

from crossfer.commands import verify


@pytest.fixture(scope="module")
def reproduced_copy(repository, tmp_path_factory):
    """A copy with its own cache and runs, after forced reruns.

    All stages ran again, then finetune and evaluate.
    """
    copy = repository.copy_to(tmp_path_factory.mktemp("another place") / "copy", "mlflow.db", "mlruns", "cache")
    copy.run("dvc", "repro", "--force")
    copy.run("dvc", "repro", "--force", "--single-item", "finetune@tiny", "evaluate@tiny")
    return copy


def test_forced_rerun_writes_the_same_bytes(repository, reproduced_copy):
    assert reproduced_copy.lock() == repository.lock()


def test_second_repro_does_nothing(reproduced_copy):
    run_count = len(runs(reproduced_copy.client()))
    assert "Data and pipelines are up to date" in reproduced_copy.run("dvc", "repro")
    assert len(runs(reproduced_copy.client())) == run_count
    assert reproduced_copy.run("git", "status", "--porcelain") == ""


def test_forced_evaluate_has_the_forced_finetune_as_parent(reproduced_copy):
    client = reproduced_copy.client()
    finetunes, evaluates = runs(client, "finetune"), runs(client, "evaluate")
    assert [run.data.tags["mlflow.parentRunId"] for run in evaluates] == [run.info.run_id for run in finetunes]


def test_logged_weights_are_links_to_the_workspace(reproduced_copy):
    """DVC replaces the output of a forced rerun by the identical file in its cache."""
    weights = (reproduced_copy.folder / "data/models/tiny/model.safetensors").stat()
    logged = [path.stat() for path in (reproduced_copy.folder / "mlruns/models").rglob("model.safetensors")]
    assert len(logged) == 2
    assert weights.st_ino in {file.st_ino for file in logged}
    assert weights.st_nlink == 3  # workspace, DVC's cache and MLflow


def test_changed_parameter_and_new_target_rerun_their_stages(reproduced_copy):
    """Parameters of evaluate and new targets do not rerun finetune."""
    params = YAML(typ="safe").load((reproduced_copy.folder / "params.yaml").read_text())
    params["tasks"]["tiny"]["evaluate"]["bootstrap_samples"] = 300
    params["tasks"]["tiny"]["targets"].append({"domain": "fr", "provider": "news_probe"})
    reproduced_copy.write_params(params)
    output = reproduced_copy.run("dvc", "repro")
    assert [stage for stage in STAGES if f"Running stage '{stage}@tiny'" in output] == [
        "ingest",
        "preprocess",
        "tokenize",
        "adapt",
        "evaluate",
        "stress",
        "compress",
    ]
    assert "Stage 'finetune@tiny' didn't change, skipping" in output


def test_verify_reports_outputs_that_differ_from_the_commit(repository, tmp_path, tmp_path_factory):
    """Other outputs match for another user, cache and locale; no folder remains."""
    copy = repository.copy_to(tmp_path / "changed", "mlflow.db", "mlruns", "cache", "tmp")
    lock = YAML(typ="safe").load((copy.folder / "dvc.lock").read_text())
    (out,) = lock["stages"]["finetune@tiny"]["outs"]
    out["md5"] = "0" * 32 + ".dir"
    lock["stages"]["finetune@removed"] = {"cmd": "x", "outs": [{**out, "path": "data/models/removed"}]}
    del lock["stages"]["tokenize@tiny"]
    YAML().dump(lock, copy.folder / "dvc.lock")
    copy.commit("changed")
    home = str(tmp_path_factory.mktemp("home"))
    environment = {"HOME": home, "CROSSFER_CACHE": f"{home}/cache", "LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8"}
    output = copy.crossfer("verify", status=1, PYTHONHASHSEED="7", **environment)  # in real processes
    rows = [
        line for line in output.splitlines() if line.startswith("| ") and ("@" in line or line.startswith("| compare"))
    ]
    changed_rows = [row for row in rows if not row.endswith("| identical |")]
    assert sorted(changed_rows) == [
        "| finetune@removed | data/models/removed | not written |",
        "| finetune@tiny | data/models/tiny | different |",
        "| tokenize@tiny | data/tokens/tiny | not in dvc.lock |",
    ]
    assert len(rows) > 15
    assert f"{len(rows) - 3} of {len(rows)} outputs are identical." in output
    assert list(tmp_path.iterdir()) == [copy.folder]


def test_verify_needs_a_lock_file(empty_repository):
    output = empty_repository.crossfer("verify", status=2)
    assert output.splitlines()[-1].startswith("error: dvc.lock does not exist; ")


def test_comparison_table_lists_missing_outputs():
    committed = {("a", "x"): "1", ("a", "y"): "2", ("b", "z"): "3"}
    lines = verify.comparison_table(committed, {("a", "x"): "1", ("a", "y"): "9", ("c", "w"): "4"}).splitlines()
    assert lines[2:5] == ["| a | x | identical |", "| a | y | different |", "| b | z | not written |"]
    assert lines[5] == "| c | w | not in dvc.lock |"
    assert lines[-1] == "1 of 4 outputs are identical."

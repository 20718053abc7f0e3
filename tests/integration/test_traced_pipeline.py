"""From a file to its runs, from a run to its files, and to the commit: on the runs of a real pipeline."""

import pytest
from repository import Repository, runs


def traced(repository: Repository, what: str, status: int = 0) -> str:
    return repository.crossfer("trace", what, status=status)


@pytest.fixture(scope="module")
def ids(repository):
    return {run.data.tags["crossfer.stage"]: run.info.run_id for run in runs(repository.client())}


def digest(repository, stage, path):
    outs = repository.lock()[f"{stage}@tiny"]["outs"]
    return next(out["md5"] for out in outs if out["path"] == path)


def test_a_file_is_followed_to_its_beginning_and_to_its_users(repository, ids):
    lines = traced(repository, "data/models/tiny").splitlines()
    assert lines[0] == f"data/models/tiny {digest(repository, 'finetune', 'data/models/tiny')}"
    assert lines[1] == "  written by finetune@tiny: python -m stages.finetune 'tiny'"
    assert lines[2].startswith(f"    run {ids['finetune']} finetune/tiny FINISHED, ")
    made = [line.strip().split(":")[0] for line in lines if "written by" in line]
    assert made[:4] == [f"written by {stage}@tiny" for stage in ("finetune", "tokenize", "preprocess", "ingest")]
    assert any(line.strip().startswith("from data/probe ") for line in lines)
    used = [line.strip().split(":")[0] for line in lines if line.startswith("  used by")]
    assert sorted(used) == [f"used by {stage}@tiny" for stage in ("adapt", "compress", "evaluate", "stress")]
    for stage in ("evaluate", "stress", "compress"):
        assert sum(f"run {ids[stage]} " in line for line in lines) == 1


def test_what_lies_in_an_output_is_followed_too(repository, ids):
    said = traced(repository, "data/models/tiny/history.csv")
    assert "written by finetune@tiny" in said and ids["finetune"] in said


def test_a_file_that_was_changed_is_said_to_be(repository, tmp_path):
    copy = repository.copied(tmp_path / "copy", "mlruns")
    predictions = copy.folder / "data/predictions/tiny.parquet"
    predictions.unlink()
    predictions.write_bytes(b"other")
    assert "on disk: 795f3202b17cb6bc3d4b771d8c6c9eaf, changed or incomplete" in copy.crossfer(
        "trace", "data/predictions/tiny.parquet", MLFLOW_TRACKING_URI=f"sqlite:///{repository.folder}/mlflow.db"
    )


def test_a_run_leads_to_its_inputs_its_code_and_its_outputs(repository, ids):
    said = traced(repository, ids["evaluate"])
    commit = repository.run("git", "rev-list", "--max-parents=0", "HEAD").strip()
    assert said.startswith(f"run {ids['evaluate']} evaluate/tiny FINISHED, ")
    assert f"below run {ids['finetune']} finetune/tiny" in said
    assert f"code: commit {commit}\n" in said
    assert f"read data/models/tiny {digest(repository, 'finetune', 'data/models/tiny')}" in said
    assert f"written by run {ids['finetune']} " in said
    path = "data/predictions/tiny.parquet"
    assert f"wrote {path} {digest(repository, 'evaluate', path)}" in said
    assert f"read by run {ids['compress']} " in said


def test_a_commit_leads_to_its_outputs_and_runs(repository, ids):
    said = traced(repository, "HEAD")
    assert said.startswith(f"commit {repository.run('git', 'rev-parse', 'HEAD').strip()}\n")
    for stage in ("finetune", "evaluate", "stress", "compress"):
        assert f"  {stage}@tiny: python -m stages.{stage} 'tiny'\n" in said
        assert f"run {ids[stage]} " in said
    assert "runs at this commit, with or without changes: 0" in said  # they were made at the one before
    assert "runs at this commit, with or without changes: " in traced(repository, "HEAD~1")


def test_what_is_unknown_is_named(repository):
    said = traced(repository, "data/nowhere", status=2)
    assert said.startswith("error: data/nowhere is not a path in dvc.lock, a run id or a commit; ")
    assert "f" * 32 in traced(repository, "f" * 32, status=2)


def test_without_a_lock(empty_repository):
    assert traced(empty_repository, "HEAD", status=2).startswith("error: dvc.lock does not exist; ")

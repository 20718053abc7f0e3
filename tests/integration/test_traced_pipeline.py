"""The command trace on the runs of a pipeline: files, runs and commits."""

import pytest
from repository import Repository, runs


def trace(repository: Repository, item: str, status: int = 0) -> str:
    return repository.crossfer("trace", item, status=status)


@pytest.fixture(scope="module")
def ids(repository):
    return {run.data.tags["crossfer.stage"]: run.info.run_id for run in runs(repository.client())}


def output_digest(repository, stage, path):
    outs = repository.lock()[f"{stage}@tiny"]["outs"]
    return next(out["md5"] for out in outs if out["path"] == path)


def test_trace_lists_writers_and_readers_of_a_file(repository, ids):
    lines = trace(repository, "data/models/tiny").splitlines()
    assert lines[0] == f"data/models/tiny {output_digest(repository, 'finetune', 'data/models/tiny')}"
    assert lines[1] == "  written by finetune@tiny: python -m stages.finetune 'tiny'"
    assert lines[2].startswith(f"    run {ids['finetune']} finetune/tiny FINISHED, ")
    writers = [line.strip().split(":")[0] for line in lines if "written by" in line]
    assert writers[:4] == [f"written by {stage}@tiny" for stage in ("finetune", "tokenize", "preprocess", "ingest")]
    assert any(line.strip().startswith("from data/probe ") for line in lines)
    readers = [line.strip().split(":")[0] for line in lines if line.startswith("  used by")]
    assert sorted(readers) == [f"used by {stage}@tiny" for stage in ("adapt", "compress", "evaluate", "stress")]
    for stage in ("evaluate", "stress", "compress"):
        assert sum(f"run {ids[stage]} " in line for line in lines) == 1


def test_trace_accepts_a_file_in_an_output_folder(repository, ids):
    output = trace(repository, "data/models/tiny/history.csv")
    assert "written by finetune@tiny" in output and ids["finetune"] in output


def test_trace_reports_a_changed_file(repository, tmp_path):
    copy = repository.copy_to(tmp_path / "copy", "mlruns")
    predictions = copy.folder / "data/predictions/tiny.parquet"
    predictions.unlink()
    predictions.write_bytes(b"other")
    assert "on disk: 795f3202b17cb6bc3d4b771d8c6c9eaf, changed or incomplete" in copy.crossfer(
        "trace", "data/predictions/tiny.parquet", MLFLOW_TRACKING_URI=f"sqlite:///{repository.folder}/mlflow.db"
    )


def test_trace_lists_inputs_code_and_outputs_of_a_run(repository, ids):
    output = trace(repository, ids["evaluate"])
    commit = repository.run("git", "rev-list", "--max-parents=0", "HEAD").strip()
    assert output.startswith(f"run {ids['evaluate']} evaluate/tiny FINISHED, ")
    assert f"below run {ids['finetune']} finetune/tiny" in output
    assert f"code: commit {commit}\n" in output
    assert f"read data/models/tiny {output_digest(repository, 'finetune', 'data/models/tiny')}" in output
    assert f"written by run {ids['finetune']} " in output
    path = "data/predictions/tiny.parquet"
    assert f"wrote {path} {output_digest(repository, 'evaluate', path)}" in output
    assert f"read by run {ids['compress']} " in output


def test_trace_lists_outputs_and_runs_of_a_commit(repository, ids):
    output = trace(repository, "HEAD")
    assert output.startswith(f"commit {repository.run('git', 'rev-parse', 'HEAD').strip()}\n")
    for stage in ("finetune", "evaluate", "stress", "compress"):
        assert f"  {stage}@tiny: python -m stages.{stage} 'tiny'\n" in output
        assert f"run {ids[stage]} " in output
    assert "runs at this commit, with or without changes: 0" in output  # the runs were logged at the previous commit
    assert "runs at this commit, with or without changes: " in trace(repository, "HEAD~1")


def test_trace_reports_an_unknown_item(repository):
    output = trace(repository, "data/nowhere", status=2)
    assert output == (
        "error: data/nowhere is not a path in dvc.lock, a run id or a commit; see dvc.lock, `make ui` or `git log`.\n"
    )
    assert "f" * 32 in trace(repository, "f" * 32, status=2)


def test_trace_needs_a_lock_file(empty_repository):
    assert trace(empty_repository, "HEAD", status=2).startswith("error: dvc.lock does not exist; ")

"""benchmarks.scrubbing_skew counts personal data and compares accuracies."""

import shutil

from benchmarks import scrubbing_skew
from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.reporting.formatting import percent


def test_benchmark_counts_rows_with_personal_data(repository, tmp_path, monkeypatch, capsys):
    shutil.copy(repository.folder / "params.yaml", tmp_path)
    for path in (TaskPaths("tiny").raw, TaskPaths("tiny").clean, TaskPaths("tiny").onnx):
        shutil.copytree(repository.folder / path, tmp_path / path)
    monkeypatch.chdir(tmp_path)
    table = paths.table_path(TaskPaths("tiny").raw, "zh")
    rows = io.read_table(table)
    rows.loc[:1, "content"] += " +44 20 7946 0958"  # as if preprocess had removed the number
    io.write_table(table, rows)
    scrubbing_skew.main("tiny")
    lines = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [line[:3] for line in lines] == [["en", "12", "0"], ["zh", "60", "2"], ["sw", "60", "0"]]
    scores = io.read_json(repository.folder / TaskPaths("tiny").compression_report)["domains"]
    assert {line[0]: line[4] for line in lines} == {
        domain: percent(of_domain["accuracy_int8"]) for domain, of_domain in scores.items()
    }

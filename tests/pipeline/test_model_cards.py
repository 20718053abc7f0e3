"""The card of a small model: scores as they were measured, and a licence for every part."""

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths


def test_the_card_goes_with_the_model(repository):
    card = (repository.folder / TaskPaths("tiny").onnx / paths.MODEL_CARD_FILE).read_text(encoding="utf-8")
    compressed = io.read_json(repository.folder / TaskPaths("tiny").compression_report)
    for name, scores in compressed["domains"].items():
        (row,) = [line for line in card.splitlines() if line.startswith(f"| `{name}` | {name} |")]
        assert f"| {scores['n']} | {100 * scores['accuracy_fp32']:.1f} %" in row
        assert f"| {100 * scores['accuracy_int8']:.1f} %" in row
        assert f"| `{name}` | crossfer news probe, language {name} | CC0-1.0 |" in card
    assert "Mean of the 2 targets in another language or style: " in card
    assert "see its own card" in card  # a backbone of one's own
    assert str(repository.folder) not in card


def test_the_card_of_the_whole_model(repository):
    """Written by evaluate, logged with its run; it knows nothing of a small one."""
    from repository import runs

    card = (repository.folder / TaskPaths("tiny").reports / paths.MODEL_CARD_FILE).read_text(encoding="utf-8")
    measured = io.read_json(repository.folder / TaskPaths("tiny").reports / paths.METRICS_FILE)
    for name, scores in measured["domains"].items():
        (row,) = [line for line in card.splitlines() if line.startswith(f"| `{name}` | {name} |")]
        assert row.startswith(f"| `{name}` | {name} | {scores['n']} | {100 * scores['accuracy']:.1f} %")
        assert row.count("|") == 5
    worst = measured["zero_shot"]["worst"]
    assert f"worst: `{worst}`, {100 * measured['domains'][worst]['accuracy']:.1f} %." in card
    assert "int8" not in card
    (run,) = runs(repository.client(), "evaluate")
    assert paths.MODEL_CARD_FILE in {file.path for file in repository.client().list_artifacts(run.info.run_id)}

"""Model cards of the fine-tuned and the compressed model: scores and licences."""

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths


def test_onnx_card_has_scores_and_licences(repository):
    card = (repository.folder / TaskPaths("tiny").onnx / paths.MODEL_CARD_FILE).read_text(encoding="utf-8")
    compressed = io.read_json(repository.folder / TaskPaths("tiny").compression_report)
    for name, scores in compressed["domains"].items():
        (row,) = [line for line in card.splitlines() if line.startswith(f"| `{name}` | {name} |")]
        assert f"| {scores['n']} | {100 * scores['accuracy_fp32']:.1f} %" in row
        assert f"| {100 * scores['accuracy_int8']:.1f} %" in row
        assert f"| `{name}` | crossfer news probe, language {name} | CC0-1.0 |" in card
    zero_shot = [100 * compressed["zero_shot"][f"accuracy_{form}"] for form in ("fp32", "int8")]
    (row,) = [line for line in card.splitlines() if line.startswith("| zero-shot, mean of 2 |")]
    assert f"| {zero_shot[0]:.1f} % (" in row and row.endswith(f"| {zero_shot[1]:.1f} % |")
    assert "see its own card" in card  # a local backbone
    assert str(repository.folder) not in card


def test_fine_tuned_card_has_scores(repository):
    """evaluate writes it and logs it with its run; it has no int8 scores."""
    from repository import runs

    card = (repository.folder / TaskPaths("tiny").reports / paths.MODEL_CARD_FILE).read_text(encoding="utf-8")
    metrics = io.read_json(repository.folder / TaskPaths("tiny").reports / paths.METRICS_FILE)
    for name, scores in metrics["domains"].items():
        (row,) = [line for line in card.splitlines() if line.startswith(f"| `{name}` | {name} |")]
        assert row.startswith(f"| `{name}` | {name} | {scores['n']} | {100 * scores['accuracy']:.1f} %")
        assert row.count("|") == 5
    assert f"| zero-shot, mean of 2 |  |  | {100 * metrics['zero_shot']['accuracy']:.1f} % (" in card
    assert "int8" not in card
    (run,) = runs(repository.client(), "evaluate")
    assert paths.MODEL_CARD_FILE in {file.path for file in repository.client().list_artifacts(run.info.run_id)}

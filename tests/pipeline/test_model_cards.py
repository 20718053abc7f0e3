"""Model cards of the fine-tuned and the compressed model: scores and licences."""

import json
import re
import shlex
import sys

import pytest
from huggingface_hub import ModelCard
from repository import Repository

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.reporting.model_card import LICENCE_FILE


def test_onnx_card_has_scores_and_licences(repository):
    card = (repository.folder / TaskPaths("tiny").onnx / paths.MODEL_CARD_FILE).read_text(encoding="utf-8")
    compressed = io.read_json(repository.folder / TaskPaths("tiny").compression_report)
    for name, scores in compressed["domains"].items():
        (row,) = [line for line in card.splitlines() if line.startswith(f"| `{name}` | {name} |")]
        assert f"| {scores['n']} | {100 * scores['accuracy_fp32']:.1f} %" in row
        assert f"| {100 * scores['accuracy_int8']:.1f} %" in row
        use = "training and test" if name == "en" else "test only"
        assert f"| `{name}` | {use} | crossfer news probe, language {name} | CC0-1.0 |" in card
    zero_shot = [100 * compressed["zero_shot"][f"accuracy_{form}"] for form in ("fp32", "int8")]
    (row,) = [line for line in card.splitlines() if line.startswith("| zero-shot, mean of 2 |")]
    assert f"| {zero_shot[0]:.1f} % (" in row and row.endswith(f"| {zero_shot[1]:.1f} % |  |")
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
        assert row.count("|") == 6 and row.endswith(f"| {scores['macro_f1']:.3f} |")
    assert f"| zero-shot, mean of 2 |  |  | {100 * metrics['zero_shot']['accuracy']:.1f} % (" in card
    assert "int8" not in card
    (run,) = runs(repository.client(), "evaluate")
    logged = {file.path for file in repository.client().list_artifacts(run.info.run_id)}
    assert {paths.MODEL_CARD_FILE, LICENCE_FILE} <= logged


def test_metadata_have_the_macro_f1_of_the_int8_graph(repository):
    card = ModelCard.load(repository.folder / TaskPaths("tiny").onnx / paths.MODEL_CARD_FILE)
    metrics = io.read_json(repository.folder / TaskPaths("tiny").reports / paths.METRICS_FILE)
    compressed = io.read_json(repository.folder / TaskPaths("tiny").compression_report)
    values = {(one.dataset_config, one.metric_type): one.metric_value for one in card.data.eval_results}
    assert len(values) == 2 * len(metrics["domains"])
    for name, scores in compressed["domains"].items():
        assert values[name, "accuracy"] == scores["accuracy_int8"]
        assert 0 <= values[name, "f1"] <= 1
        if scores["agreement"] == 1:
            assert values[name, "f1"] == metrics["domains"][name]["macro_f1"]


@pytest.mark.parametrize("attribute", ["onnx", "reports"])
def test_the_link_to_the_licences_is_a_file_next_to_the_card(repository, attribute):
    folder = repository.folder / getattr(TaskPaths("tiny"), attribute)
    data = ModelCard.load(folder / paths.MODEL_CARD_FILE).data
    assert data.license == "other" and data.license_name and "CC0-1.0" in (folder / data.license_link).read_text()


def test_commands_of_the_cards_run(repository):
    folder = repository.folder / TaskPaths("tiny").onnx
    (command,) = re.findall("```sh\n(.*)\n```", (folder / paths.MODEL_CARD_FILE).read_text(encoding="utf-8"))
    name, *arguments = shlex.split(command)
    assert name == "crossfer"
    output = Repository.at(folder).run("python", "-m", name, *arguments, PYTHONPATH=str(repository.folder))
    prediction = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
    assert prediction["label"] in io.read_json(folder / paths.CLASSIFIER_FILE)["labels"]
    card = (repository.folder / TaskPaths("tiny").reports / paths.MODEL_CARD_FILE).read_text(encoding="utf-8")
    (code,) = re.findall("```python\n(.*)```", card, re.DOTALL)
    output = repository.run(sys.executable, "-c", code)
    assert re.search(r"label +probability\n0 +\w+ +0\.\d+", output)

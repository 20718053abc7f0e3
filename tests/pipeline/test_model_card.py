"""The card of a small model: scores as they were measured, and a licence for every part."""

import pytest

from crossfer.artifacts import io, paths
from crossfer.reporting import model_card

pytestmark = pytest.mark.pipeline


def test_the_card_goes_with_the_model(repository):
    card = (repository.folder / paths.onnx("tiny") / paths.CARD).read_text(encoding="utf-8")
    compressed = io.read_json(repository.folder / paths.compression_report("tiny"))
    for name, scores in compressed["domains"].items():
        (row,) = [line for line in card.splitlines() if line.startswith(f"| `{name}` | {name} |")]
        assert f"| {scores['n']} | {100 * scores['accuracy_fp32']:.1f} %" in row
        assert f"| {100 * scores['accuracy_int8']:.1f} %" in row
        assert f"| `{name}` | crossfer news probe, language {name} | CC0-1.0 |" in card
    assert "Mean of the 2 domains of another kind: " in card
    assert "see its own card" in card  # a backbone of one's own
    assert str(repository.folder) not in card


def test_names_cannot_break_the_card():
    scores = {"accuracy": 1.0, "accuracy_low": 1.0, "accuracy_high": 1.0}
    small = {f"{name.replace('accuracy', f'accuracy_{form}')}": 1.0 for name in scores for form in ("fp32", "int8")}
    card = model_card.written(
        "x",
        ["a`b", "<img src=x>\n# c"],
        "e5|small",
        "MIT",
        {"source": "en", "domains": {"en": {"kind": "en", "n": 3, **scores}}, "zero_shot": None},
        {"en": {"origin": "a | b <script>\nc", "licence": "MIT"}},
        {"bytes": 1_000_000, "domains": {"en": {"n": 3, **small}}},
    )
    assert "labels a\\`b, \\<img src=x\\> \\# c: e5\\|small, fine-tuned" in card
    assert "| `en` | a \\| b \\<script\\> c | MIT |" in card
    assert "| weights | e5\\|small | MIT |" in card
    assert "Mean of" not in card


def test_the_worst_domain_is_that_of_the_small_model():
    scores = {f"accuracy{end}": 0.9 for end in ("", "_low", "_high")}
    domains = {name: {"kind": name, "n": 9, **scores} for name in ("en", "ja", "sw")}
    zero_shot = {"domains": 2, "accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 1.0, "worst": "ja"}
    ends = {f"accuracy_{form}{end}": 0.9 for form in ("fp32", "int8") for end in ("", "_low", "_high")}
    small = {name: {"n": 9, **ends} for name in domains}
    small["sw"]["accuracy_int8"] = 0.3
    measured = {"source": "en", "domains": domains, "zero_shot": zero_shot}
    found = {"bytes": 1, "domains": small, "zero_shot": {"accuracy_int8": 0.6}}
    card = model_card.written("x", ["a"], "e5", "MIT", measured, {}, found)
    assert "60.0 % in 8 bits, 90.0 % (80.0 to 100.0) in single precision; worst in 8 bits: `sw`, 30.0 %." in card


def test_the_card_of_the_whole_model(repository):
    """Written by evaluate, logged with its run; it knows nothing of a small one."""
    from repository import runs

    card = (repository.folder / paths.reports("tiny") / paths.CARD).read_text(encoding="utf-8")
    measured = io.read_json(repository.folder / paths.reports("tiny") / paths.METRICS)
    for name, scores in measured["domains"].items():
        (row,) = [line for line in card.splitlines() if line.startswith(f"| `{name}` | {name} |")]
        assert row.startswith(f"| `{name}` | {name} | {scores['n']} | {100 * scores['accuracy']:.1f} %")
        assert row.count("|") == 5
    worst = measured["zero_shot"]["worst"]
    assert f"worst: `{worst}`, {100 * measured['domains'][worst]['accuracy']:.1f} %." in card
    assert "8 bits" not in card
    (run,) = runs(repository.client(), "evaluate")
    assert paths.CARD in {file.path for file in repository.client().list_artifacts(run.info.run_id)}

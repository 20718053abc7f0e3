"""What the bench says: operations as torch counts them, and both recipes timed without touching the workspace."""

import subprocess

import pytest
import torch
from repository import tiny_vision_params
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import estimate, flops, versus_baseline
from crossfer.artifacts import io, paths
from crossfer.modalities.text import model as text_model


@pytest.mark.parametrize("lengths", [[8, 8], [31]])
def test_operations_are_those_that_torch_counts(tiny_backbone, lengths):
    model = text_model.build(tiny_backbone, ["a", "b"], "pretrained")
    model.config._attn_implementation = "eager"  # torch does not count what its fused attention does
    states = torch.ones(len(lengths), lengths[0], model.config.hidden_size)
    layer = model.bert.encoder.layer[0]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(states)
    assert flops.forward(model.config, 1, lengths) == counter.get_total_flops()
    states.requires_grad_(True)
    layer(states)
    with FlopCounterMode(display=False) as counter:
        layer(states).sum().backward()
    assert flops.training(model.config, 1, lengths) == counter.get_total_flops()


def test_the_last_layer_is_counted_by_what_it_computes(tiny_backbone):
    model = text_model.build(tiny_backbone, ["a", "b"], "pretrained")
    states = torch.ones(64, 48, model.config.hidden_size)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.bert.encoder.layer[1](states)
    found = flops.forward(model.config, estimate.LAST, [48] * 64)
    assert 0.5 < found / counter.get_total_flops() < 2  # so narrow a model's attention weighs more than a real one's


def test_the_peak_is_a_rate():
    assert 1e8 < estimate.peak(1) < 1e14


def test_medians_shares_and_rates():
    runs = [
        {"peak": 100e9, "stock": 1000.0, "stage": 100.0, "frozen": 50.0, "training": 40.0},
        {"peak": 120e9, "stock": 1000.0, "stage": 300.0, "frozen": 60.0, "training": 50.0},
        {"peak": 100e9, "stock": 1000.0, "stage": 110.0, "frozen": 50.0, "training": 40.0},
    ]
    said = versus_baseline.table(runs, {"frozen": int(4e12), "training": int(2e12)})
    assert "| frozen layers, run once | 50.0 | 45% | 80 | 80% |" in said
    assert "| training above them | 40.0 | 36% | 50 | 50% |" in said
    assert "| start, loading, writing, records | 20.0 | 18% | | |" in said
    assert "Medians of 3 runs in turn; the machine's peak is 100 GFLOP/s. Finetune takes 0.110" in said
    assert "1/9.1." in said


def test_both_recipes_are_timed_and_the_workspace_is_left_alone(tokenized):
    said = tokenized.run("python", "-m", "benchmarks.versus_baseline", "tiny", "--runs", "1")
    assert "run 1 of 1: finetune" in said
    assert "| stock recipe, its training alone |" in said
    assert "| finetune | " in said
    found = io.read_json(tokenized.folder / paths.comparison_with_baseline("tiny"))
    (run,) = found["runs"]
    assert run["stage"] > run["frozen"] + run["training"] > 0
    assert run["stock"] > 0
    assert found["operations"]["training"] > 0
    assert (tokenized.folder / paths.comparison_with_baseline("tiny")).with_suffix(".md").read_text() in said
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--ignored"], cwd=tokenized.folder, capture_output=True, text=True, check=True
    ).stdout
    assert "models" not in changed
    assert "mlflow" not in changed


def test_pictures_have_no_stock_recipe(empty_repository, tiny_vision_backbone):
    empty_repository.write_params(tiny_vision_params(tiny_vision_backbone))
    said = empty_repository.stage("bench", status=2)
    assert said == "error: task tiny is of vision, this is made for texts alone; name a task of texts.\n"


def test_the_cost_is_said_before_it_is_paid(tokenized):
    said = tokenized.run("python", "-m", "benchmarks.estimate", "tiny").splitlines()
    assert [line.split(": ")[1] for line in said] == ["frozen layers, run once", "training above them", "finetune"]
    assert all(line.startswith("cost tiny: ") for line in said)
    assert "TFLOP at " in said[0]

"""benchmarks.estimate and versus_quickstart count operations and time recipes.

They do not change the workspace.
"""

import subprocess

import pytest
import torch
from repository import tiny_vision_params
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoConfig

from benchmarks import estimate, versus_quickstart
from crossfer.artifacts import io, paths
from crossfer.commands.training_time import parallel_processes
from crossfer.config.params import load_text_task
from crossfer.modalities.text import model as text_model


def test_layer_operations_count_matrix_products(tiny_backbone):
    """Operations follow table 1 of Kaplan et al. 2020 (arXiv 2001.08361).

    Attention covers the whole length.
    """
    shape = AutoConfig.from_pretrained(tiny_backbone)
    width, inner, lengths = shape.hidden_size, shape.intermediate_size, [8, 8, 31]
    expected = sum(length * (8 * width**2 + 4 * width * inner + 4 * length * width) for length in lengths)
    assert estimate.layer_operations(shape, lengths) == expected


def test_backward_pass_needs_twice_the_operations(tiny_backbone):
    model = text_model.build(tiny_backbone, ["a", "b"], "pretrained")
    model.config._attn_implementation = "eager"  # torch does not count what its fused attention does
    states = torch.ones(1, 31, model.config.hidden_size, requires_grad=True)
    with FlopCounterMode(display=False) as counter:
        model.bert.encoder.layer[0](states).sum().backward()
    forward = estimate.layer_operations(AutoConfig.from_pretrained(tiny_backbone), [31])
    assert counter.get_total_flops() == (1 + estimate.BACKWARD) * forward


def test_last_layer_counts_only_the_first_token(tiny_backbone):
    model = text_model.build(tiny_backbone, ["a", "b"], "pretrained")
    states = torch.ones(64, 48, model.config.hidden_size)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.bert.encoder.layer[1](states)
    estimated = estimate.LAST_LAYER * estimate.layer_operations(AutoConfig.from_pretrained(tiny_backbone), [48] * 64)
    assert 0.5 < estimated / counter.get_total_flops() < 2  # attention weighs more in so narrow a model


def test_peak_rate_is_plausible():
    assert 1e8 < estimate.measure_peak_rate(1) < 1e14


def test_table_has_medians_fractions_and_rates():
    runs = [
        {"peak": 100e9, "quickstart_recipe": 1000.0, "stage": 100.0, "frozen": 50.0, "training": 40.0},
        {"peak": 120e9, "quickstart_recipe": 1000.0, "stage": 300.0, "frozen": 60.0, "training": 50.0},
        {"peak": 100e9, "quickstart_recipe": 1000.0, "stage": 110.0, "frozen": 50.0, "training": 40.0},
    ]
    rows = versus_quickstart.table_rows(runs, {"frozen": int(4e12), "training": int(2e12)})
    assert rows[:3] == [
        ["frozen layers, run once", "50.0", "45 %", "80", "80 %"],
        ["training above them", "40.0", "36 %", "50", "50 %"],
        ["start, loading, writing, records", "20.0", "18 %", "", ""],
    ]
    line = versus_quickstart.ratio_line(runs)
    assert line == (
        "Medians of 3 runs, in turn. Peak of the machine: 100 GFLOP/s. Finetune takes 0.110 of the quickstart recipe's"
        " time (1/9.1).\n"
    )


def test_versus_quickstart_leaves_the_workspace_unchanged(tokenized):
    output = tokenized.run("python", "-m", "benchmarks.versus_quickstart", "tiny", "--runs", "1")
    assert "run 1 of 1: finetune" in output
    assert "| quickstart recipe, training only |" in output
    assert "- finetune: in-domain accuracy " in output and "- quickstart recipe: in-domain accuracy " in output
    report = io.read_json(tokenized.folder / paths.benchmark_path("tiny", "versus_quickstart", "json"))
    (run,) = report["runs"]
    assert run["stage"] > run["frozen"] + run["training"] > 0
    assert run["quickstart_recipe"] > 0
    assert report["operations"]["training"] > 0
    assert (tokenized.folder / paths.benchmark_path("tiny", "versus_quickstart", "md")).read_text() in output
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--ignored"], cwd=tokenized.folder, capture_output=True, text=True, check=True
    ).stdout
    assert "models" not in changed
    assert "mlflow" not in changed


def test_vision_task_is_rejected(empty_repository, tiny_vision_backbone):
    empty_repository.write_params(tiny_vision_params(tiny_vision_backbone))
    output = empty_repository.run("python", "-m", "benchmarks.versus_quickstart", "tiny", status=2)
    assert output == "error: task tiny has modality vision; choose a task of texts for this command.\n"


def test_estimate_covers_both_parts_of_finetune(tokenized):
    output = tokenized.run("python", "-m", "benchmarks.estimate", "tiny").splitlines()
    assert [line.split(": ")[1] for line in output] == ["frozen layers, run once", "training above them", "finetune"]
    assert all(line.startswith("estimate tiny: ") for line in output)
    assert "TFLOP at " in output[0]


def test_noise_augmentation_doubles_the_operations(tokenized, monkeypatch):
    monkeypatch.chdir(tokenized.folder)
    task, _ = load_text_task("tiny")
    plain = estimate.count_operations("tiny", task.model_copy(update={"finetune": with_options(task)}))
    doubled = estimate.count_operations(
        "tiny", task.model_copy(update={"finetune": with_options(task, noise_fraction=0.1)})
    )
    assert doubled["training"] > 1.5 * plain["training"] > 0
    assert doubled["frozen"] > 1.5 * plain["frozen"] > 0


def with_options(task, **options):
    return task.finetune.model_copy(update={"min_steps": 0, **options})


@pytest.mark.parametrize(
    ("processes", "threads", "cores", "expected"),
    [(1, 2, 2, 1), (2, 1, 2, 2), (2, 2, 2, 1), (4, 2, 4, 2), (1, 4, 2, 1)],
)
def test_processes_run_in_parallel_if_there_are_cores(processes, threads, cores, expected):
    assert parallel_processes(processes, threads, cores) == expected

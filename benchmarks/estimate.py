"""Estimate how long finetune will take on this machine.

It counts the operations of finetune, and measures their rate with a small network of the same shape.

Rates are measured for some seconds on the CPU, on a few layers of the backbone's shape, at the rows' mean length.

Reads:  data/tokens/<task>, the backbone's config.json, params.yaml
Run:    python -m benchmarks.estimate <task>
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from statistics import mean, median

import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import INPUT, LABEL, SPLIT, VALIDATION, TaskPaths
from crossfer.backbones import locate_backbone
from crossfer.commands.training_time import parallel_processes
from crossfer.config.params import TextTask, load_text_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.modalities.text.model.first_token import FIRST_TOKEN_MODELS
from crossfer.modeling.dropout import set_dropout
from crossfer.modeling.reproducibility import set_up_torch
from crossfer.modeling.sampling import training_rows
from crossfer.reporting.formatting import whole_percent
from crossfer.training.step_plan import StepPlan

PARTS = {"frozen": "frozen layers, run once", "training": "training above them"}
LAST_LAYER = 1 / 6  # part of a layer that the last one computes in FIRST_TOKEN_MODELS
BACKWARD = 2  # operations of a backward pass, relative to a forward pass: for states and for weights
MATRIX_SIDE = 2048  # of the matrices whose product shows the machine's peak rate
REPEATS = 10  # of each measurement
MEASURED_LAYERS = 2

PartValues = dict[str, float]
"""A number for each of PARTS."""


def main(task_name: str) -> None:
    """Estimate how long finetune will take on this machine."""
    task, compute = load_text_task(task_name)
    set_up_torch(compute.device, compute.threads, task.finetune.seed)
    operations, rates = count_operations(task_name, task), measure_rates(task_name, task)
    peak_rate = measure_peak_rate(compute.threads)
    processes = parallel_processes(task.finetune.processes, compute.threads, os.cpu_count() or 1)
    seconds = {part: operations[part] / rates[part] / processes for part in PARTS}
    for part, title in PARTS.items():
        rate = f"{rates[part] / 1e9:.0f} GFLOP/s, {whole_percent(rates[part] / peak_rate)} of the machine's peak"
        message = f"{title}: {seconds[part]:.0f} s, {operations[part] / 1e12:.1f} TFLOP at {rate}"
        print_progress("estimate", task_name, message)
    message = f"finetune: {sum(seconds.values()):.0f} s, and the time to start, load, write and log"
    print_progress("estimate", task_name, message)


def count_operations(task_name: str, task: TextTask) -> PartValues:
    """Return the floating-point operations of finetune."""
    options, shape = task.finetune, _shape(task)
    train_lengths, validation_lengths = _lengths(task_name, task)
    if options.noise_fraction:
        train_lengths = train_lengths * 2  # each row has a perturbed copy
    n_layers = shape.num_hidden_layers
    n_frozen = int({"none": 0, "backbone": n_layers}.get(str(options.freeze), options.freeze))
    last_layer = LAST_LAYER if shape.model_type in FIRST_TOKEN_MODELS else 1
    n_trained = n_layers - n_frozen - 1 + last_layer if n_frozen < n_layers else 0
    repeats = StepPlan(len(train_lengths), options).repeats
    train_operations, validation_operations = (
        layer_operations(shape, train_lengths),
        layer_operations(shape, validation_lengths),
    )
    epoch = n_trained * ((1 + BACKWARD) * train_operations * repeats + validation_operations)
    return {
        "frozen": n_frozen * (train_operations + validation_operations),
        "training": options.averaged_seeds * options.epochs * epoch,
    }


def layer_operations(shape: PreTrainedConfig, lengths: Iterable[int]) -> int:
    """Return the operations of one layer's forward pass, as torch counts them."""
    with torch.device("meta"):  # torch does not count the operations of its fused attention
        one_layer, two_layers = (_network(shape, layers, attn_implementation="eager") for layers in (1, 2))
        return sum(
            rows * (_forward_operations(two_layers, length) - _forward_operations(one_layer, length))
            for length, rows in Counter(lengths).items()
        )


def measure_rates(task_name: str, task: TextTask) -> PartValues:
    """Return the operations per second of a few layers, predicting and training."""
    shape, length = _shape(task), round(mean(_lengths(task_name, task)[0]))
    batch_size = max(1, task.finetune.batch_size // task.finetune.processes)
    operations = MEASURED_LAYERS * layer_operations(shape, [length] * batch_size)
    network = _network(shape, MEASURED_LAYERS)
    set_dropout(network, task.finetune.dropout)
    states = torch.randn(batch_size, length, shape.hidden_size)

    def predict() -> None:
        with torch.inference_mode():
            network.eval()(inputs_embeds=states)

    def train() -> None:
        network.zero_grad()
        network.train()(inputs_embeds=states).last_hidden_state.sum().backward()

    train_operations = (1 + BACKWARD) * operations
    return {"frozen": operations / median(_seconds(predict)), "training": train_operations / median(_seconds(train))}


def measure_peak_rate(threads: int) -> float:
    """Return the operations per second of the fastest product of fp32 matrices."""
    torch.set_num_threads(threads)
    matrix = torch.ones(MATRIX_SIDE, MATRIX_SIDE)
    return 2 * MATRIX_SIDE**3 / min(_seconds(lambda: torch.mm(matrix, matrix)))


def _network(shape: PreTrainedConfig, n_layers: int, **options: str) -> PreTrainedModel:
    """Return a network of the shape with a number of layers and a minimal vocabulary."""
    changes = {"num_hidden_layers": n_layers, "vocab_size": max(shape.pad_token_id or 0, 1) + 1}
    network: PreTrainedModel = AutoModel.from_config(type(shape)(**{**shape.to_dict(), **changes}), **options)
    return network


def _forward_operations(network: PreTrainedModel, length: int) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(inputs_embeds=torch.empty(1, length, network.config.hidden_size))
    return counter.get_total_flops()


def _seconds(function: Callable[[], object]) -> list[float]:
    """Return the seconds that a function takes in each of REPEATS, after a warm-up."""
    seconds = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return seconds[1:]


def _shape(task: TextTask) -> PreTrainedConfig:
    """Return the configuration of the task's backbone."""
    config: PreTrainedConfig = AutoConfig.from_pretrained(locate_backbone(task.backbone), trust_remote_code=False)
    return config


def _lengths(task_name: str, task: TextTask) -> tuple[list[int], list[int]]:
    """Return the numbers of tokens of the training rows and of the validation rows."""
    rows = io.read_table(paths.table_path(TaskPaths(task_name).tokens, task.source.domain), [LABEL, SPLIT, INPUT])
    train_rows = training_rows(rows, task.finetune.seed, task.finetune.train_fraction)
    return list(map(len, train_rows[INPUT])), list(map(len, rows.loc[rows[SPLIT] == VALIDATION, INPUT]))


if __name__ == "__main__":
    run_stage(main)

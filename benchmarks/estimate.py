"""Estimate how long finetune will take on this machine: its operations, at the rate of a small network of its shape.

The rates are the CPU's, measured for some seconds on two layers of the backbone's shape, at the rows' mean length.

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
from crossfer.config.params import TextTask, load_text_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.modalities.text.model.first_token import FIRST_TOKEN_MODELS
from crossfer.modeling.dropout import set_dropout
from crossfer.modeling.reproducibility import set_up_torch
from crossfer.modeling.sampling import training_rows
from crossfer.training.trainer import plan_steps

LAST = 1 / 6  # of a layer: what the last one computes, in the architectures of FIRST_TOKEN_MODELS
BACKWARD = 2  # times the operations of a forward pass: for the states, and for the weights
SIDE = 2048  # of the square matrices whose product shows the machine's rate
REPEATS = 10  # of each measurement
LAYERS = 2  # of the network that is measured

Work = dict[str, float]
"""Of finetune's two parts, `frozen` and `training`: operations, operations per second, or seconds."""


def main(task_name: str) -> None:
    """Estimate how long finetune will take on this machine."""
    task, compute = load_text_task(task_name)
    set_up_torch(compute.device, compute.threads, task.finetune.seed)
    work, rate, best = operations(task_name, task), rates(task_name, task), peak(compute.threads)
    workers = parallel(task.finetune.processes, compute.threads, os.cpu_count() or 1)
    seconds = {part: work[part] / rate[part] / workers for part in work}
    for part, title in (("frozen", "frozen layers, run once"), ("training", "training above them")):
        reached = f"{rate[part] / 1e9:.0f} GFLOP/s, {rate[part] / best:.0%} of the machine's peak"
        print_progress(
            "estimate", task_name, f"{title}: {seconds[part]:.0f} s, {work[part] / 1e12:.1f} TFLOP at {reached}"
        )
    print_progress(
        "estimate", task_name, f"finetune: {sum(seconds.values()):.0f} s, and the time to start, load, write and log"
    )


def parallel(processes: int, threads: int, cores: int) -> int:
    """Return how many processes with these threads compute at the same time."""
    return min(processes, max(1, cores // threads))


def operations(task_name: str, task: TextTask) -> Work:
    """Return the floating-point operations of finetune: of the frozen layers, and of the training above them."""
    options, shape = task.finetune, _shape(task)
    training, validation = _lengths(task_name, task)
    if options.noise_fraction:
        training = training * 2  # each row has a perturbed copy
    layers = shape.num_hidden_layers
    frozen = int({"none": 0, "backbone": layers}.get(str(options.freeze), options.freeze))
    last = LAST if shape.model_type in FIRST_TOKEN_MODELS else 1
    above = layers - frozen - 1 + last if frozen < layers else 0
    repeats, _ = plan_steps(len(training), options)
    train, validate = layer_operations(shape, training), layer_operations(shape, validation)
    epoch = above * ((1 + BACKWARD) * train * repeats + validate)
    return {"frozen": frozen * (train + validate), "training": options.averaged_seeds * options.epochs * epoch}


def layer_operations(shape: PreTrainedConfig, lengths: Iterable[int]) -> int:
    """Return the operations of one layer's forward pass over inputs of these lengths, as torch counts them."""
    with torch.device("meta"):  # torch does not count what its fused attention does
        one, two = (_network(shape, layers, attn_implementation="eager") for layers in (1, 2))
        return sum(
            rows * (_count(two, shape.hidden_size, length) - _count(one, shape.hidden_size, length))
            for length, rows in Counter(lengths).items()
        )


def rates(task_name: str, task: TextTask) -> Work:
    """Return the operations per second of a few layers of the backbone's shape, in prediction and in training."""
    shape = _shape(task)
    length, size = (
        round(mean(_lengths(task_name, task)[0])),
        max(1, task.finetune.batch_size // task.finetune.processes),
    )
    work = LAYERS * layer_operations(shape, [length] * size)
    network = _network(shape, LAYERS)
    set_dropout(network, task.finetune.dropout)
    states = torch.randn(size, length, shape.hidden_size)

    def predict() -> None:
        with torch.inference_mode():
            network.eval()(inputs_embeds=states)

    def train() -> None:
        network.zero_grad()
        network.train()(inputs_embeds=states).last_hidden_state.sum().backward()

    return {"frozen": work / median(_seconds(predict)), "training": (1 + BACKWARD) * work / median(_seconds(train))}


def peak(threads: int) -> float:
    """Return the operations per second of this machine: the best of some products of fp32 matrices."""
    torch.set_num_threads(threads)
    one, other = torch.ones(SIDE, SIDE), torch.ones(SIDE, SIDE)
    return 2 * SIDE**3 / min(_seconds(lambda: torch.mm(one, other)))


def _network(shape: PreTrainedConfig, layers: int, **options: str) -> PreTrainedModel:
    """Return a network of the shape with a number of layers, with next to no vocabulary."""
    changed = {"num_hidden_layers": layers, "vocab_size": max(shape.pad_token_id or 0, 1) + 1}
    network: PreTrainedModel = AutoModel.from_config(type(shape)(**{**shape.to_dict(), **changed}), **options)
    return network


def _count(network: PreTrainedModel, width: int, length: int) -> int:
    """Return the operations of a forward pass of one input."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(inputs_embeds=torch.empty(1, length, width))
    return counter.get_total_flops()


def _seconds(work: Callable[[], object]) -> list[float]:
    """Return how long some work takes, in each of REPEATS, after one that does not count."""
    seconds = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds[1:]


def _shape(task: TextTask) -> PreTrainedConfig:
    """Return the configuration of the task's backbone."""
    config: PreTrainedConfig = AutoConfig.from_pretrained(locate_backbone(task.backbone), trust_remote_code=False)
    return config


def _lengths(task_name: str, task: TextTask) -> tuple[list[int], list[int]]:
    """Return the tokens of each row that is trained on, and of each that validates."""
    rows = io.read_table(paths.table_path(TaskPaths(task_name).tokens, task.source.domain), [LABEL, SPLIT, INPUT])
    training = training_rows(rows, task.finetune.seed, task.finetune.train_fraction)
    return list(map(len, training[INPUT])), list(map(len, rows.loc[rows[SPLIT] == VALIDATION, INPUT]))


if __name__ == "__main__":
    run_stage(main)

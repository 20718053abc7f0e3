"""Say how long finetune will take here, before it is started: its operations, at the rate that a few layers reach now.

Not a stage. The rates are the CPU's, measured for some seconds on two layers of the backbone's shape, at the rows' mean
length.

Reads:  data/tokens/<task>, the backbone's config.json, params.yaml
Run:    python -m benchmarks.estimate <task>
"""

import time
from collections.abc import Callable
from statistics import mean, median

import torch
from transformers import AutoConfig, AutoModel, PreTrainedConfig

from benchmarks import flops
from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import INPUT, LABEL, SPLIT, TRAIN, VALIDATION
from crossfer.backbones import located
from crossfer.config.params import Task, load_text_task
from crossfer.entrypoint import run_stage, say
from crossfer.modalities.text.model.first_token import FIRST_STATE
from crossfer.modeling import sampling
from crossfer.modeling.dropout import set_dropout
from crossfer.modeling.reproducibility import prepare
from crossfer.training.trainer import plan

LAST = 1 / 6  # of a layer: what the last one computes, in the architectures of FIRST_STATE
SIDE = 2048  # of the square matrices whose product shows the machine's rate
TRIES = 10  # of each measurement; the median counts, and of the machine's rate the best
LAYERS = 2  # of the network that is measured

Work = dict[str, float]
"""Of finetune's two parts, `frozen` and `training`: operations, operations a second, or seconds."""


def main(task_name: str) -> None:
    """Say how long finetune will take here."""
    task, compute = load_text_task(task_name)
    prepare(compute.device, compute.threads, task.finetune.seed)
    work, found, best = operations(task_name, task), rates(task_name, task), peak(compute.threads)
    for part, title in (("frozen", "frozen layers, run once"), ("training", "training above them")):
        rate = f"{found[part] / 1e9:.0f} GFLOP/s, {found[part] / best:.0%} of the machine's peak"
        say("cost", task_name, f"{title}: {work[part] / found[part]:.0f} s, {work[part] / 1e12:.1f} TFLOP at {rate}")
    seconds = sum(work[part] / found[part] for part in work)
    say("cost", task_name, f"finetune: {seconds:.0f} s, and what it takes to start, load, write and record")


def operations(task_name: str, task: Task) -> Work:
    """Floating-point operations of the stage finetune: of the frozen part, and of the training above it."""
    options, shape = task.finetune, _shape(task)
    training, validation = _lengths(task_name, task)
    layers = shape.num_hidden_layers
    frozen = {"none": 0, "backbone": layers}.get(str(options.freeze), options.freeze)
    last = LAST if shape.model_type in FIRST_STATE else 1
    above = layers - int(frozen) - 1 + last if int(frozen) < layers else 0
    repeats, _ = plan(len(training), options.epochs, options.min_steps, options.batch_size)
    epoch = flops.training(shape, above, training) * repeats + flops.forward(shape, above, validation)
    return {
        "frozen": flops.forward(shape, int(frozen), training + validation),
        "training": options.average * options.epochs * epoch,
    }


def rates(task_name: str, task: Task) -> Work:
    """Operations a second that a few layers of the backbone's shape reach, forward and in training, on a batch."""
    shape = _shape(task)
    length, size = round(mean(_lengths(task_name, task)[0])), task.finetune.batch_size
    shape.num_hidden_layers, shape.vocab_size = LAYERS, max(shape.pad_token_id or 0, 1) + 1
    network = AutoModel.from_config(shape)
    set_dropout(network, task.finetune.dropout)
    states = torch.randn(size, length, shape.hidden_size)

    def forward() -> None:
        with torch.inference_mode():
            network.eval()(inputs_embeds=states)

    def step() -> None:
        network.zero_grad()
        network.train()(inputs_embeds=states).last_hidden_state.sum().backward()

    counted = [length] * size
    return {
        "frozen": flops.forward(shape, LAYERS, counted) / median(_seconds(forward)),
        "training": flops.training(shape, LAYERS, counted) / median(_seconds(step)),
    }


def peak(threads: int) -> float:
    """Operations a second of this machine's best of some products of single-precision matrices."""
    torch.set_num_threads(threads)
    one, other = torch.ones(SIDE, SIDE), torch.ones(SIDE, SIDE)
    return 2 * SIDE**3 / min(_seconds(lambda: torch.mm(one, other)))


def _seconds(work: Callable[[], object]) -> list[float]:
    """How long some work takes, in each of some tries, after one that does not count."""
    work()
    found = []
    for _ in range(TRIES):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return found


def _shape(task: Task) -> PreTrainedConfig:
    """The configuration of the task's backbone."""
    backbone = located(task.backbone)
    return AutoConfig.from_pretrained(backbone, trust_remote_code=False)


def _lengths(task_name: str, task: Task) -> tuple[list[int], list[int]]:
    """Tokens of each row that is trained on, and of each that is validated on."""
    rows = io.read_table(paths.table(paths.tokens(task_name), task.source.domain), [LABEL, SPLIT, INPUT])
    training = rows[rows[SPLIT] == TRAIN]
    drawn = training[sampling.stratified_fraction(training[LABEL], task.finetune.rows, task.finetune.seed)]
    return list(map(len, drawn[INPUT])), list(map(len, rows.loc[rows[SPLIT] == VALIDATION, INPUT]))


if __name__ == "__main__":
    run_stage(main)

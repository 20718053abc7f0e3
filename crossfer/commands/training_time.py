"""Estimate how long finetune will take, from a few real steps on this machine.

On a CPU the steps are measured in seconds of computing, which other programs change less than the time of a clock.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice, pairwise
from pathlib import Path
from typing import Any, cast

import pandas as pd
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

from crossfer.artifacts.paths import INPUT, LABEL
from crossfer.config.params import Compute, Task
from crossfer.modeling.reproducibility import set_up_torch
from crossfer.protocols import Collate, Models, load_models
from crossfer.training.fit import fit
from crossfer.training.step_plan import StepPlan

WARM_UP_STEPS, MEASURED_STEPS = 1, 3  # libraries prepare themselves in the first step
SLOW_STEP = 3.0  # seconds; such a step is not measured again
PREFETCHED = 1  # batches that Trainer collates before the first step
FORWARD_FRACTION = 1 / 3  # of a training step that a forward pass takes


@dataclass(frozen=True)
class TrainingRows:
    """Rows to train on.

    Attributes:
        labels: all labels of the source.
        inputs: of some training rows.
        input_labels: their labels.
        training: number of all training rows.
        validation: number of all validation rows.
    """

    labels: Sequence[str]
    inputs: Sequence[NDArray[Any]]
    input_labels: Sequence[str]
    training: int
    validation: int

    def sample(self, count: int) -> pd.DataFrame:
        """Return a table of `count` rows, repeated if there are fewer."""
        rows = list(islice(cycle(zip(self.inputs, self.input_labels, strict=True)), count))
        return pd.DataFrame({INPUT: [row for row, _ in rows], LABEL: [label for _, label in rows]})


class _TimedModels:
    """The networks of a modality; records when each training batch is collated.

    Attributes:
        models: the networks.
        clock: returns seconds.
        frozen_seconds: that the frozen part took.
        times: when each batch was collated.
    """

    def __init__(self, models: Models, clock: Callable[[], float]) -> None:
        self.models, self.clock = models, clock
        self.frozen_seconds = 0.0
        self.times: list[float] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.models, name)

    @contextmanager
    def prepare_inputs(
        self, model: PreTrainedModel, inputs: Sequence[NDArray[Any]], batch_size: int
    ) -> Iterator[Sequence[NDArray[Any]]]:
        """Prepare inputs as the modality does, and record how long it takes."""
        start = self.clock()
        with self.models.prepare_inputs(model, inputs, batch_size) as prepared_inputs:
            self.frozen_seconds = self.clock() - start
            yield prepared_inputs

    def training_collate(self, **options: Any) -> Collate:
        """Return the modality's function, which also records the time."""
        collate = self.models.training_collate(**options)

        def timed_collate(model: PreTrainedModel, inputs: Sequence[NDArray[Any]]) -> dict[str, Tensor]:
            self.times.append(self.clock())
            return collate(model, inputs)

        return timed_collate

    def step_seconds(self) -> float:
        """Return the shortest time between two batches: other programs only add to it."""
        return min(end - start for start, end in list(pairwise(self.times))[PREFETCHED:])


def estimate_seconds(task: Task, compute: Compute, backbone: Path, rows: TrainingRows) -> float:
    """Estimate the seconds of training, without start-up, writing and logging.

    Raises:
        UserError: the options do not fit the backbone.
    """
    options, models = task.finetune, load_models(task.modality)
    device = set_up_torch(compute.device, compute.threads, options.seed)
    model = models.build(backbone, rows.labels, options.weights).to(device)
    few_steps = options.model_copy(update={"epochs": 1, "min_steps": 0, "averaged_seeds": 1})
    clock = partial(_computing_seconds, compute.threads) if device.type == "cpu" else time.perf_counter
    frozen_seconds = step_seconds = 0.0
    for steps in (WARM_UP_STEPS, MEASURED_STEPS):
        sample, timed, start = rows.sample(steps * options.batch_size), _TimedModels(models, clock), clock()
        fit(model, cast(Models, timed), sample, None, few_steps, lambda *_: None)
        frozen_seconds = timed.frozen_seconds / len(sample)
        if steps == MEASURED_STEPS:
            step_seconds = timed.step_seconds()
        elif (step_seconds := clock() - start - timed.frozen_seconds) > SLOW_STEP:
            break
    training = rows.training * (2 if options.noise_fraction else 1)  # each row has a perturbed copy
    validation_steps = FORWARD_FRACTION * rows.validation / options.batch_size
    training_seconds = (StepPlan(training, options).steps + options.epochs * validation_steps) * step_seconds
    parallel = parallel_processes(options.processes, compute.threads, os.cpu_count() or 1)
    return (frozen_seconds * (training + rows.validation) + options.averaged_seeds * training_seconds) / parallel


def parallel_processes(processes: int, threads: int, cores: int) -> int:
    """Return how many of the processes can compute at the same time."""
    return min(processes, max(1, cores // threads))


def _computing_seconds(threads: int) -> float:
    """Return the seconds that this process has computed, per thread."""
    return time.process_time() / threads

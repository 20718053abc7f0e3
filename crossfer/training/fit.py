"""Fit a classifier to rows: freeze a part, compute its outputs once, train the rest."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import PreTrainedModel

from crossfer.artifacts.paths import INPUT, LABEL
from crossfer.modeling import distributed
from crossfer.modeling.freezing import freeze as freeze_part
from crossfer.protocols import Collate, Models
from crossfer.training import trainer
from crossfer.training.trainer import LabelledInputs, plan_steps, train

Record = Callable[[int, dict[str, float]], None]


@dataclass(frozen=True)
class FitResult:
    """What `fit` did.

    Attributes:
        history: what `trainer.train` recorded.
        sizes: `weights` and `trained_weights`: how many the model has, and how many were trained.
        seconds: `frozen_seconds` and `training_seconds`: wall time of the frozen part, and of the training above it.
    """

    history: pd.DataFrame
    sizes: dict[str, int]
    seconds: dict[str, float]


def fit(
    model: PreTrainedModel,
    models: Models,
    labels: Sequence[str],
    training: pd.DataFrame,
    validation: pd.DataFrame | None,
    collate: Collate,
    record: Record,
    checkpoint_dir: Path | None = None,
    *,
    freeze: int | str,
    class_weights: str,
    averaged_seeds: int,
    seed: int,
    epochs: int,
    min_steps: int,
    batch_size: int,
    **rates: Any,
) -> FitResult:
    """Train `model`, in place.

    Args:
        model: a classifier.
        models: of its modality.
        labels: the model's, in its order.
        training: rows with the columns input and label, whose labels the model has.
        validation: rows that it is scored on as it goes; they choose nothing. None for none.
        collate: stacks training rows to a batch.
        record: called with a step and its numbers as they come.
        checkpoint_dir: process 0's folder of checkpoints; the training resumes from one. None for none.
        freeze: the part that is not trained, as `freezing.freeze` takes it.
        class_weights: `none` or `balanced`, see `trainer.class_weights`.
        averaged_seeds: number of trainings, with the seeds from `seed` on, whose weights are averaged.
        seed: of the first training.
        epochs: see `trainer.train`, also for `min_steps` and `batch_size`.
        min_steps: see there.
        batch_size: see there.
        **rates: the other settings of `trainer.train`.

    Raises:
        UserError: `freeze` does not fit the model.
    """
    freeze_part(model, freeze)
    checkpoint_dir = distributed.broadcast(checkpoint_dir) if distributed.is_on_one_machine() else None
    numbers = {label: number for number, label in enumerate(labels)}
    parts = [training] if validation is None else [training, validation]
    truths = [np.array([numbers[label] for label in part[LABEL]], np.int64) for part in parts]
    weights = trainer.class_weights(truths[0], len(labels), class_weights)
    start = time.perf_counter()
    with models.cached_frozen_outputs(model, [row for part in parts for row in part[INPUT]], batch_size) as inputs:
        frozen = time.perf_counter()
        split = len(training)
        rows = LabelledInputs(inputs[:split], truths[0], collate)
        validation_rows = None if validation is None else LabelledInputs(inputs[split:], truths[1], models.collate)
        repeats, steps = plan_steps(len(rows), epochs, min_steps, batch_size)

        def train_once(number: int) -> pd.DataFrame:
            before = number * epochs * repeats * steps
            history = train(
                model,
                rows,
                validation_rows,
                lambda step, numbers: record(before + step, numbers),
                epochs=epochs,
                min_steps=min_steps,
                batch_size=batch_size,
                class_weights=weights,
                seed=seed + number,
                checkpoint_dir=None if checkpoint_dir is None else checkpoint_dir / str(number),
                **rates,
            )
            return history.assign(step=history["step"] + before)

        history = _average(model, train_once, averaged_seeds)
    seconds = {"frozen_seconds": frozen - start, "training_seconds": time.perf_counter() - frozen}
    sizes = {
        "weights": sum(parameter.numel() for parameter in model.parameters()),
        "trained_weights": sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad),
    }
    return FitResult(history, sizes, seconds)


def _average(model: PreTrainedModel, train_once: Callable[[int], pd.DataFrame], times: int) -> pd.DataFrame:
    """Train the model several times, always from where it is now, and leave it with the mean of the weights.

    The mean of several trainings transfers better than most of them (Schmidt et al. 2023, arXiv 2310.10532). They can
    be averaged since they start from one head.

    Args:
        model: a classifier.
        train_once: trains it for the time of that number, from 0 on, and returns its history.
        times: how often.

    Returns:
        The histories, one after the other.
    """
    if times == 1:  # without two copies of the weights
        history = train_once(0)
        for tensor in model.state_dict().values():
            if tensor.is_floating_point():
                tensor.add_(0.0)  # -0.0 becomes 0.0, as in a mean: the same bytes
        return history
    start = {name: tensor.clone() for name, tensor in model.state_dict().items() if tensor.is_floating_point()}
    mean = {name: torch.zeros_like(tensor) for name, tensor in start.items()}
    histories: list[pd.DataFrame] = []
    for number in range(times):
        model.load_state_dict(start, strict=False)
        histories.append(train_once(number))
        for name, tensor in model.state_dict().items():
            if name in mean:
                mean[name] += (tensor - mean[name]) / (number + 1)  # what is the same in all stays so to the last bit
    model.load_state_dict(mean, strict=False)
    return pd.concat(histories, ignore_index=True)

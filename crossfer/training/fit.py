"""Fit a classifier to rows as params.yaml's `finetune` says: a part is frozen and run once, the rest is trained."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from transformers import PreTrainedModel

from crossfer.artifacts.paths import INPUT, LABEL
from crossfer.config.stage_options import Finetune
from crossfer.modeling.freezing import freeze
from crossfer.protocols import Models
from crossfer.training.trainer import Rows, label_weights, plan, train

Record = Callable[[int, dict[str, float]], None]


def fit(
    model: PreTrainedModel,
    models: Models,
    labels: Sequence[str],
    training: pd.DataFrame,
    validation: pd.DataFrame | None,
    options: Finetune,
    record: Record,
    kept: Path | None = None,
) -> tuple[pd.DataFrame, dict[str, int], dict[str, float]]:
    """Train `model`, in place.

    Args:
        model: a classifier.
        models: of its modality.
        labels: the model's, in its order.
        training: rows with the columns input and label, whose labels the model has.
        validation: rows that it is scored on as it goes; they choose nothing. None for none.
        options: of the training.
        record: called with a step and its numbers as they come.
        kept: folder of checkpoints, which a training goes on from if it was cut short. None for none.

    Returns:
        What `training.train` recorded; how many weights the model has, and how many of them were trained; and how many
        seconds of wall time the frozen part took, and the training above it.

    Raises:
        UserError: options.freeze does not fit the model.
    """
    freeze(model, options.freeze)
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    size = {"weights": sum(size for size, _ in sizes), "trained_weights": sum(n for n, trained in sizes if trained)}
    numbers = {label: number for number, label in enumerate(labels)}
    parts = [training] if validation is None else [training, validation]
    truth = [np.array([numbers[label] for label in part[LABEL]], np.int64) for part in parts]
    start = time.perf_counter()
    with models.frozen_once(model, [x for part in parts for x in part[INPUT]], options.batch_size) as inputs:
        frozen = time.perf_counter()
        split = len(training)
        rows = Rows(inputs[:split], truth[0], models.varied_collate(**options.of_the_modality()))
        others = None if validation is None else Rows(inputs[split:], truth[1], models.collate)
        weights = label_weights(truth[0], len(labels), options.label_weights)

        repeats, steps = plan(len(rows), options.epochs, options.min_steps, options.batch_size)

        def once(number: int) -> pd.DataFrame:
            before = number * options.epochs * repeats * steps
            history = train(
                model,
                rows,
                others,
                lambda step, numbers: record(before + step, numbers),
                label_weights=weights,
                seed=options.seed + number,
                kept=None if kept is None else kept / str(number),
                **options.for_training(),
            )
            return history.assign(step=history["step"] + before)

        history = _averaged(model, once, options.average)
    return history, size, {"frozen_seconds": frozen - start, "training_seconds": time.perf_counter() - frozen}


def _averaged(model: PreTrainedModel, once: Callable[[int], pd.DataFrame], times: int) -> pd.DataFrame:
    """Train the model several times, always from where it is now, and leave it with the mean of the weights.

    The mean of several trainings transfers better than most of them (Schmidt et al. 2023, arXiv 2310.10532). They can
    be averaged since they start from one head.

    Args:
        model: a classifier.
        once: trains it for the time of that number, from 0 on, and returns its history.
        times: how often.

    Returns:
        The histories, one after the other.
    """
    start = {name: tensor.clone() for name, tensor in model.state_dict().items() if tensor.is_floating_point()}
    mean = {name: torch.zeros_like(tensor) for name, tensor in start.items()}
    histories: list[pd.DataFrame] = []
    for number in range(times):
        model.load_state_dict(start, strict=False)
        histories.append(once(number))
        for name, tensor in model.state_dict().items():
            if name in mean:
                mean[name] += (tensor - mean[name]) / (number + 1)  # what is the same in all stays so to the last bit
    model.load_state_dict(mean, strict=False)
    return pd.concat(histories, ignore_index=True)

"""Fit a classifier: freeze a part, cache its outputs if possible, train the rest."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from transformers import PreTrainedModel

from crossfer.artifacts.paths import INPUT, LABEL
from crossfer.config.finetune_options import FinetuneImages, FinetuneTexts
from crossfer.modeling import distributed
from crossfer.modeling.freezing import freeze, freeze_batch_statistics
from crossfer.protocols import Models
from crossfer.training.history_callback import Record
from crossfer.training.step_plan import StepPlan
from crossfer.training.trainer import LabelledInputs, compute_class_weights, train


@dataclass(frozen=True)
class FitResult:
    """Store the result of `fit`.

    Attributes:
        history: that of `trainer.train`; with several trainings, one after the other.
        sizes: `parameters` and `trained_parameters`, both numbers of weights.
        seconds: `frozen_seconds` for the frozen part and `training_seconds` for the rest, wall time.
    """

    history: pd.DataFrame
    sizes: dict[str, int]
    seconds: dict[str, float]


def fit(
    model: PreTrainedModel,
    models: Models,
    training: pd.DataFrame,
    validation: pd.DataFrame | None,
    options: FinetuneTexts | FinetuneImages,
    record: Record,
    checkpoint_dir: Path | None = None,
) -> FitResult:
    """Train a classifier, in place, on the columns input and label of `training`.

    The model is scored on `validation`; the scores choose nothing. `record` takes the metrics of each recorded step.
    The training resumes from a checkpoint in process 0's `checkpoint_dir`.

    Raises:
        UserError: `options.freeze` does not fit the model.
    """
    freeze(model, options.freeze)
    if len(training) == 1:
        freeze_batch_statistics(model)
    checkpoint_dir = distributed.broadcast(checkpoint_dir) if distributed.is_on_one_machine() else None
    tables = [training] if validation is None else [training, validation]
    labels = [np.array([model.config.label2id[label] for label in table[LABEL]], np.int64) for table in tables]
    class_weights = compute_class_weights(labels[0], model.config.num_labels, options.class_weights)
    start = time.perf_counter()
    inputs = [row for table in tables for row in table[INPUT]]
    with models.prepare_inputs(model, inputs, options.batch_size) as prepared_inputs:
        frozen_end = time.perf_counter()
        split = len(training)
        training_rows = LabelledInputs(
            prepared_inputs[:split], labels[0], models.training_collate(**options.collate_options)
        )
        validation_rows = None
        if validation is not None:
            validation_rows = LabelledInputs(prepared_inputs[split:], labels[1], models.collate)
        steps = StepPlan(split, options).steps

        def train_once(number: int) -> pd.DataFrame:
            previous_steps = number * steps
            history = train(
                model,
                training_rows,
                validation_rows,
                options,
                lambda step, metrics: record(previous_steps + step, metrics),
                seed=options.seed + number,
                class_weights=class_weights,
                checkpoint_dir=None if checkpoint_dir is None else checkpoint_dir / str(number),
            )
            return history.assign(step=history["step"] + previous_steps)

        history = _average_trainings(model, train_once, options.averaged_seeds)
    seconds = {"frozen_seconds": frozen_end - start, "training_seconds": time.perf_counter() - frozen_end}
    sizes = {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "trained_parameters": sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad),
    }
    return FitResult(history, sizes, seconds)


def _average_trainings(model: PreTrainedModel, train_once: Callable[[int], pd.DataFrame], count: int) -> pd.DataFrame:
    """Train several times from the same weights, and average the results.

    The mean transfers better than most single trainings (Schmidt et al. 2023, arXiv 2310.10532).
    """
    if count == 1:  # without two copies of the weights
        history = train_once(0)
        for tensor in model.state_dict().values():
            if tensor.is_floating_point():
                tensor.add_(0.0)  # -0.0 becomes 0.0, as in a mean: the same bytes
        return history
    start = {name: tensor.clone() for name, tensor in model.state_dict().items() if tensor.is_floating_point()}
    mean = {name: torch.zeros_like(tensor) for name, tensor in start.items()}
    histories: list[pd.DataFrame] = []
    for number in range(count):
        model.load_state_dict(start, strict=False)
        histories.append(train_once(number))
        for name, tensor in model.state_dict().items():
            if name in mean:
                mean[name] += (tensor - mean[name]) / (number + 1)  # exact for weights that are equal in all trainings
    model.load_state_dict(mean, strict=False)
    return pd.concat(histories, ignore_index=True)

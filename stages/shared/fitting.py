"""Fit a classifier to rows as params.yaml's `finetune` says: a part is frozen and run once, the rest is trained."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from transformers import PreTrainedModel

from stages.modalities import Models
from stages.shared.artifacts import INPUT, LABEL
from stages.shared.freezing import freeze
from stages.shared.params import Finetune
from stages.shared.training import Rows, label_weights, train

Record = Callable[[int, dict[str, float]], None]


def fit(
    model: PreTrainedModel,
    models: Models,
    labels: Sequence[str],
    training: pd.DataFrame,
    validation: pd.DataFrame | None,
    options: Finetune,
    record: Record,
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Train `model`, in place.

    Args:
        model: a classifier.
        models: of its modality.
        labels: the model's, in its order.
        training: rows with the columns input and label, whose labels the model has.
        validation: rows that it is scored on as it goes; they choose nothing. None for none.
        options: of the training.
        record: called with a step and its numbers as they come.

    Returns:
        What `training.train` recorded; and how many weights the model has, and how many of them were trained.

    Raises:
        UserError: options.freeze does not fit the model.
    """
    freeze(model, options.freeze)
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    size = {"weights": sum(size for size, _ in sizes), "trained_weights": sum(n for n, trained in sizes if trained)}
    numbers = {label: number for number, label in enumerate(labels)}
    parts = [training] if validation is None else [training, validation]
    truth = [np.array([numbers[label] for label in part[LABEL]], np.int64) for part in parts]
    with models.frozen_once(model, [x for part in parts for x in part[INPUT]], options.batch_size) as inputs:
        split = len(training)
        history = train(
            model,
            Rows(inputs[:split], truth[0], models.varied_collate(**options.of_the_modality())),
            None if validation is None else Rows(inputs[split:], truth[1], models.collate),
            record,
            label_weights=label_weights(truth[0], options.label_weights),
            **options.for_training(),
        )
    return history, size

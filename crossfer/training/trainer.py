"""Training a classifier with transformers' Trainer; knows nothing of where rows come from or where records go."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import (
    EvalPrediction,
    PreTrainedModel,
    PrinterCallback,
    TrainingArguments,
)

from crossfer.errors import UserError
from crossfer.modeling import distributed
from crossfer.modeling.dropout import set_dropout
from crossfer.modeling.schedule import linear_schedule
from crossfer.protocols import Collate
from crossfer.training import checkpoints
from crossfer.training.checkpoints import CheckpointedTrainer, PeriodicCheckpointCallback
from crossfer.training.history_callback import HistoryCallback

LOG_EVERY = 5  # steps between two records of the loss


@dataclass(frozen=True)
class LabelledInputs:
    """Inputs, the number of each one's label, and how they are stacked to a batch."""

    inputs: Sequence[NDArray[Any]]
    labels: NDArray[np.int64]
    collate: Collate

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, row: int) -> "tuple[LabelledInputs, int]":
        return self, row

    def batch(self, model: PreTrainedModel, rows: Sequence[int]) -> dict[str, torch.Tensor]:
        """Keyword arguments of the model for the rows of these numbers, and their labels."""
        inputs = self.collate(model, [self.inputs[row] for row in rows])
        return {**inputs, "labels": torch.from_numpy(self.labels[list(rows)])}


def train(
    model: PreTrainedModel,
    rows: LabelledInputs,
    validation: LabelledInputs | None,
    record: Callable[[int, dict[str, float]], None],
    *,
    epochs: int,
    min_steps: int,
    batch_size: int,
    learning_rate: float,
    head_learning_rate: float,
    weight_decay: float,
    warmup_ratio: float,
    max_grad_norm: float,
    dropout: float,
    class_weights: NDArray[np.float32] | None,
    seed: int,
    checkpoint_dir: Path | None,
) -> pd.DataFrame:
    """Train what is not frozen in `model`, in place: AdamW, warm-up, linear decay to nought, clipped gradients.

    Args:
        model: a classifier.
        rows: what it is trained on.
        validation: rows that it is scored on, `epochs` times; they choose nothing. None for none.
        record: called with a step and its numbers as they come.
        epochs: how often each row is seen.
        min_steps: few rows are seen so many times more often that there are at least that many steps.
        batch_size: rows a step, of all processes together; a single row that an epoch leaves over, another one each
            time, makes no step, since batch norm knows no statistics of it.
        learning_rate: the highest, of the backbone.
        head_learning_rate: the highest, of the head.
        weight_decay: AdamW's, of all weights that are matrices.
        warmup_ratio: share of the steps in which the rate rises.
        max_grad_norm: a longer gradient is scaled down to it.
        dropout: share of the states that each of the model's dropouts drops, see `set_dropout`.
        class_weights: of each label in the loss, or None for all the same.
        seed: of the rows' order, how they are varied, and the dropout, which differs between processes.
        checkpoint_dir: of this training; if it has a checkpoint, the training resumes from it. None for none.

    Returns:
        A row a record: step, epoch, loss (mean since the last record), learning_rate, validation_loss,
        validation_accuracy.

    Raises:
        UserError: a batch cannot be divided among the processes that a launcher has started.
    """
    if batch_size % distributed.world_size():
        raise UserError(
            f"finetune.batch_size is {batch_size}, no multiple of the"
            f" {distributed.world_size()} processes; change one of them."
        )
    repeats, steps_an_epoch = plan_steps(len(rows), epochs, min_steps, batch_size)
    steps = epochs * repeats * steps_an_epoch
    set_dropout(model, dropout)
    optimizer = torch.optim.AdamW(_groups(model, learning_rate, head_learning_rate, weight_decay), fused=True)
    schedule = linear_schedule(optimizer, steps, warmup_ratio)
    history = HistoryCallback(record)
    weights = None if class_weights is None else torch.from_numpy(class_weights).to(model.device)

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor | None = None) -> torch.Tensor:
        total = nn.functional.cross_entropy(outputs.logits, labels, weight=weights, reduction="sum")
        return total / (len(labels) if num_items_in_batch is None else num_items_in_batch)  # rows of all processes

    def batch(items: Sequence[tuple[LabelledInputs, int]]) -> dict[str, torch.Tensor]:
        numbers = [row for _, row in items]
        with _random_numbers_of(seed, history.epoch, *numbers):
            return items[0][0].batch(model, numbers)

    with tempfile.TemporaryDirectory() as scratch:
        trainer = CheckpointedTrainer(
            model=model,
            args=TrainingArguments(
                scratch if checkpoint_dir is None else str(checkpoint_dir),
                num_train_epochs=epochs * repeats,
                per_device_train_batch_size=batch_size // distributed.world_size(),
                per_device_eval_batch_size=batch_size,
                max_grad_norm=max_grad_norm,
                eval_strategy="no" if validation is None else "steps",
                eval_steps=repeats * steps_an_epoch,
                logging_steps=min(LOG_EVERY, steps),
                save_strategy="no",
                report_to="none",
                remove_unused_columns=False,
                dataloader_drop_last=_leaves_one(len(rows), batch_size),
                label_names=["labels"],
                dataloader_pin_memory=False,
                use_cpu=model.device.type == "cpu",
                disable_tqdm=not sys.stderr.isatty(),
                seed=seed,
                data_seed=seed,
            ),
            train_dataset=rows,
            eval_dataset=validation,
            data_collator=batch,
            compute_loss_func=loss,
            compute_metrics=_accuracy,
            optimizers=(optimizer, schedule),
            callbacks=[history],
        )
        trainer.remove_callback(PrinterCallback)
        if checkpoint_dir:
            trainer.add_callback(PeriodicCheckpointCallback(checkpoint_dir, min(LOG_EVERY, steps)))
        if distributed.rank():
            torch.manual_seed(seed + distributed.rank())  # else all would drop the same states
        checkpoint = distributed.broadcast(checkpoints.last_checkpoint(checkpoint_dir)) if checkpoint_dir else None
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    model.eval()
    return pd.DataFrame(history.rows, columns=HistoryCallback.COLUMNS)


@contextmanager
def _random_numbers_of(*numbers: int) -> Iterator[None]:
    """In the block, torch's random numbers depend on these numbers alone.

    A batch is made ahead of the step that takes it: a training that goes on from a checkpoint would vary it otherwise.
    """
    (seed,) = np.random.SeedSequence(numbers).generate_state(1, np.uint64)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(seed))
        yield


def plan_steps(rows: int, epochs: int, min_steps: int, batch_size: int) -> tuple[int, int]:
    """How many times `epochs` epochs are gone through, and how many steps an epoch has; see `train`."""
    steps_an_epoch = rows // batch_size if _leaves_one(rows, batch_size) else -(-rows // batch_size)
    return max(1, -(-min_steps // (epochs * steps_an_epoch))), steps_an_epoch


def _leaves_one(rows: int, batch_size: int) -> bool:
    """The last batch of an epoch would have a single row, though others have more."""
    return rows > batch_size and rows % batch_size == 1


def class_weights(numbers: NDArray[np.int64], labels: int, scheme: str) -> NDArray[np.float32] | None:
    """Weight of each label in the loss: None for `none`; for `balanced` inverse to its rows, 1 in the mean of rows.

    Args:
        numbers: the number of each row's label.
        labels: how many there are; one without rows weighs nothing.
        scheme: `none` or `balanced`.
    """
    if scheme == "none":
        return None
    counts = np.bincount(numbers, minlength=labels)
    return np.where(counts > 0, len(numbers) / ((counts > 0).sum() * counts.clip(min=1)), 0).astype(np.float32)


def _groups(
    model: PreTrainedModel, learning_rate: float, head_learning_rate: float, weight_decay: float
) -> list[dict[str, Any]]:
    """AdamW's parameter groups: backbone and head at their rates, vectors (biases, norms) without decay."""
    backbone = {id(parameter) for parameter in model.base_model.parameters()}
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            rate = learning_rate if id(parameter) in backbone else head_learning_rate
            decay = weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
    return [{"params": params, "lr": rate, "weight_decay": decay} for (rate, decay), params in groups.items()]


def _accuracy(prediction: EvalPrediction) -> dict[str, float]:
    """Share of right guesses, for Trainer."""
    return {"accuracy": float((prediction.predictions.argmax(1) == prediction.label_ids).mean())}

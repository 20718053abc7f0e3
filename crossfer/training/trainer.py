"""Train a classifier with transformers' Trainer."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import EvalPrediction, PreTrainedModel, PrinterCallback, TrainingArguments

from crossfer.config.finetune_options import Finetune
from crossfer.errors import UserError
from crossfer.modeling import distributed
from crossfer.modeling.dropout import set_dropout
from crossfer.modeling.schedule import linear_schedule
from crossfer.protocols import Collate
from crossfer.training import checkpoints
from crossfer.training.checkpoints import CheckpointedTrainer, PeriodicCheckpointCallback
from crossfer.training.history_callback import HistoryCallback, Record
from crossfer.training.step_plan import StepPlan

LOG_STEPS = 5  # between two records of the loss


@dataclass(frozen=True)
class LabelledInputs:
    """Provide rows to Trainer: inputs, label numbers, the function that collates."""

    inputs: Sequence[NDArray[Any]]
    labels: NDArray[np.int64]
    collate: Collate

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, row: int) -> "tuple[LabelledInputs, int]":
        return self, row  # the training and validation rows share one collator, but are collated differently

    def batch(self, model: PreTrainedModel, rows: Sequence[int]) -> dict[str, torch.Tensor]:
        """Return the model's keyword arguments for some rows, with their labels."""
        inputs = self.collate(model, [self.inputs[row] for row in rows])
        return {**inputs, "labels": torch.from_numpy(self.labels[list(rows)])}


def train(
    model: PreTrainedModel,
    training: LabelledInputs,
    validation: LabelledInputs | None,
    options: Finetune,
    record: Record,
    *,
    seed: int,
    class_weights: NDArray[np.float32] | None = None,
    checkpoint_dir: Path | None = None,
) -> pd.DataFrame:
    """Train the weights that are not frozen, in place: AdamW, linear schedule.

    The model is scored on `validation` after each of `options.epochs`; the scores choose nothing. `seed` determines
    the rows' order, augmentation, and dropout, which differs between processes. `class_weights` weigh the labels in
    the loss. The training resumes from a checkpoint in `checkpoint_dir`.

    Returns:
        One row per record: step, epoch, loss (mean since the last record), learning_rate, validation_loss,
        validation_accuracy.

    Raises:
        UserError: the batch size is no multiple of the number of processes.
    """
    batch_size, processes = options.batch_size, distributed.world_size()
    if batch_size % processes:
        raise UserError(
            f"finetune.batch_size is {batch_size}, not a multiple of the {processes} processes; change one of them."
        )
    plan = StepPlan(len(training), options)
    set_dropout(model, options.dropout)
    optimizer = torch.optim.AdamW(_parameter_groups(model, options), fused=True)
    schedule = linear_schedule(optimizer, plan.steps, options.warmup_ratio)
    history = HistoryCallback(record)
    weights = None if class_weights is None else torch.from_numpy(class_weights).to(model.device)

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: torch.Tensor | None = None) -> torch.Tensor:
        total = nn.functional.cross_entropy(outputs.logits, labels, weight=weights, reduction="sum")
        return total / (len(labels) if num_items_in_batch is None else num_items_in_batch)  # rows of all processes

    def collate(items: Sequence[tuple[LabelledInputs, int]]) -> dict[str, torch.Tensor]:
        rows = [row for _, row in items]
        with _seeded(seed, history.epoch, *rows):
            return items[0][0].batch(model, rows)

    with tempfile.TemporaryDirectory() as scratch:
        trainer = CheckpointedTrainer(
            model=model,
            args=TrainingArguments(
                scratch if checkpoint_dir is None else str(checkpoint_dir),
                num_train_epochs=plan.epochs,
                per_device_train_batch_size=batch_size // processes,
                per_device_eval_batch_size=batch_size,
                max_grad_norm=options.max_grad_norm,
                eval_strategy="no" if validation is None else "steps",
                eval_steps=plan.repeats * plan.epoch_steps,
                logging_steps=min(LOG_STEPS, plan.steps),
                save_strategy="no",
                report_to="none",
                remove_unused_columns=False,
                dataloader_drop_last=plan.drops_last_row,
                label_names=["labels"],
                dataloader_pin_memory=False,
                use_cpu=model.device.type == "cpu",
                disable_tqdm=not sys.stderr.isatty(),
                seed=seed,
                data_seed=seed,
            ),
            train_dataset=training,
            eval_dataset=validation,
            data_collator=collate,
            compute_loss_func=loss,
            compute_metrics=_accuracy,
            optimizers=(optimizer, schedule),
            callbacks=[history],
        )
        trainer.remove_callback(PrinterCallback)
        if distributed.rank():
            torch.manual_seed(seed + distributed.rank())  # else dropout would be the same in all processes
        checkpoint = None
        if checkpoint_dir:
            trainer.add_callback(PeriodicCheckpointCallback(checkpoint_dir, min(LOG_STEPS, plan.steps)))
            checkpoint = distributed.broadcast(checkpoints.find_last_checkpoint(checkpoint_dir))
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    model.eval()
    return pd.DataFrame(history.rows, columns=HistoryCallback.COLUMNS)


@contextmanager
def _seeded(*numbers: int) -> Iterator[None]:
    """Seed torch's random numbers with these numbers within the block.

    Trainer collates a batch before its step. Without a seed of its own, a batch would be augmented differently after
    resuming from a checkpoint.
    """
    (seed,) = np.random.SeedSequence(numbers).generate_state(1, np.uint64)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(seed))
        yield


def compute_class_weights(labels: NDArray[np.int64], count: int, scheme: str) -> NDArray[np.float32] | None:
    """Return the weight of each of `count` labels in the loss.

    A weight is inverse to the label's number of rows. The mean over all rows is 1. A label without rows has weight 0.
    Return None for the scheme `none`.
    """
    if scheme == "none":
        return None
    counts = np.bincount(labels, minlength=count)
    return np.where(counts > 0, len(labels) / ((counts > 0).sum() * counts.clip(min=1)), 0).astype(np.float32)


def _parameter_groups(model: PreTrainedModel, options: Finetune) -> list[dict[str, Any]]:
    """Return AdamW's groups: rates of backbone and head, no decay for vectors."""
    backbone = {id(parameter) for parameter in model.base_model.parameters()}
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            rate = options.learning_rate if id(parameter) in backbone else options.head_learning_rate
            decay = options.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
    return [{"params": params, "lr": rate, "weight_decay": decay} for (rate, decay), params in groups.items()]


def _accuracy(prediction: EvalPrediction) -> dict[str, float]:
    """Return the accuracy of a validation, for Trainer."""
    return {"accuracy": float((prediction.predictions.argmax(1) == prediction.label_ids).mean())}

"""Collect the history of a training from Trainer's records."""

from collections.abc import Callable
from typing import Any, ClassVar

from transformers import TrainerCallback, TrainerState

Record = Callable[[int, dict[str, float]], None]
"""Takes a step and its metrics."""


class HistoryCallback(TrainerCallback):
    """Collect Trainer's records as rows of the history, and pass each on."""

    METRICS: ClassVar = {  # names in Trainer's records: names in the history
        "loss": "loss",
        "learning_rate": "learning_rate",
        "eval_loss": "validation_loss",
        "eval_accuracy": "validation_accuracy",
    }
    COLUMNS: ClassVar = ["step", "epoch", *METRICS.values()]

    def __init__(self, record: Record) -> None:
        self.record = record
        self.rows: list[dict[str, float]] = []
        self.epoch = 0

    def on_train_begin(self, args: Any, state: TrainerState, control: Any, **kwargs: Any) -> None:
        """Pass on the records of a checkpoint that the training resumes from."""
        for logs in state.log_history:
            self._pass_on(logs["step"], logs["epoch"], logs)

    def on_epoch_begin(self, args: Any, state: TrainerState, control: Any, **kwargs: Any) -> None:
        """Count the epochs."""
        self.epoch = int(state.epoch or 0)

    def on_log(
        self, args: Any, state: TrainerState, control: Any, logs: dict[str, float] | None = None, **kwargs: Any
    ) -> None:
        """Pass on the loss of the last steps, or the scores of a validation."""
        self._pass_on(state.global_step, state.epoch or 0, logs or {})

    def _pass_on(self, step: int, epoch: float, logs: dict[str, float]) -> None:
        metrics = {self.METRICS[name]: float(value) for name, value in logs.items() if name in self.METRICS}
        if metrics:
            self.rows.append({"step": step, "epoch": round(float(epoch), 4), **metrics})
            self.record(step, metrics)

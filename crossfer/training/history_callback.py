"""The curve of a training: what Trainer records, by our names."""

from collections.abc import Callable
from typing import Any, ClassVar

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments


class HistoryCallback(TrainerCallback):
    """Keeps Trainer's records, and passes each on as it comes."""

    NAMES: ClassVar = {
        "loss": "loss",
        "learning_rate": "learning_rate",
        "eval_loss": "validation_loss",
        "eval_accuracy": "validation_accuracy",
    }
    COLUMNS: ClassVar = ["step", "epoch", *NAMES.values()]

    def __init__(self, record: Callable[[int, dict[str, float]], None]) -> None:
        self.record = record
        self.rows: list[dict[str, float]] = []
        self.epoch = 0  # that is under way

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Called by Trainer at the start; what a checkpoint has of the records is passed on again."""
        for logs in state.log_history:
            self._pass_on(logs["step"], logs["epoch"], logs)

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Called by Trainer before each epoch, or before what is left of it."""
        self.epoch = int(state.epoch or 0)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        """Called by Trainer with the loss of the last steps, or with a validation's scores."""
        self._pass_on(state.global_step, state.epoch or 0, logs or {})

    def _pass_on(self, step: int, epoch: float, logs: dict[str, float]) -> None:
        """Keep what a record of Trainer's says, if it is any of NAMES, and pass it on."""
        numbers = {self.NAMES[name]: float(value) for name, value in logs.items() if name in self.NAMES}
        if numbers:
            self.rows.append({"step": step, "epoch": round(float(epoch), 4), **numbers})
            self.record(step, numbers)

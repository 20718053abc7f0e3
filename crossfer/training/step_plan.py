"""Plan the steps of a training."""

from dataclasses import dataclass

from crossfer.config.finetune_options import Finetune


@dataclass(frozen=True)
class StepPlan:
    """The steps of a training on a number of rows.

    Attributes:
        rows: number of training rows.
        options: of finetune.
    """

    rows: int
    options: Finetune

    @property
    def drops_last_row(self) -> bool:
        """Whether one row per epoch is left out: batch norm fails for a batch of one."""
        return self.rows > self.options.batch_size and self.rows % self.options.batch_size == 1

    @property
    def epoch_steps(self) -> int:
        """The steps of an epoch."""
        full_batches, remaining_rows = divmod(self.rows, self.options.batch_size)
        return full_batches + (remaining_rows > 0 and not self.drops_last_row)

    @property
    def repeats(self) -> int:
        """How often each of `options.epochs` repeats to reach `min_steps`."""
        return max(1, -(-self.options.min_steps // (self.options.epochs * self.epoch_steps)))

    @property
    def epochs(self) -> int:
        """The number of passes over the rows."""
        return self.options.epochs * self.repeats

    @property
    def steps(self) -> int:
        """The steps of one training."""
        return self.epochs * self.epoch_steps

    @property
    def all_steps(self) -> int:
        """The steps of all trainings whose weights are averaged."""
        return self.steps * self.options.averaged_seeds

    def describe(self) -> str:
        """Return the steps, as `220 steps of 16 rows (5 epochs)`, and why if more."""
        trainings = f"{self.options.averaged_seeds} times " if self.options.averaged_seeds > 1 else ""
        size = min(self.rows, self.options.batch_size)
        text = f"{trainings}{_count(self.steps, 'step')} of {_count(size, 'row')} ({_count(self.epochs, 'epoch')}"
        if self.repeats == 1:
            return f"{text})"
        return f"{text} instead of {self.options.epochs}, because finetune.min_steps is {self.options.min_steps})"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

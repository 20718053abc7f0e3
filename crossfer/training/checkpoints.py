"""Write checkpoints, from which a training that was killed resumes.

They are outside of DVC's outputs. The resulting model has the same bytes as that of a training without interruption.
"""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from safetensors.torch import save_file
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState
from transformers.utils import SAFE_WEIGHTS_NAME

from crossfer.artifacts import paths
from crossfer.modeling import distributed

MAX_TIME_FRACTION = 0.05  # of the training, for checkpoints
COMPLETION_FILE = "complete.json"  # lists a checkpoint's files; written last


@contextmanager
def checkpoint_dir(fingerprint: str) -> Iterator[Path | None]:
    """Yield the folder of a training's checkpoints; remove it after success.

    The fingerprint is of everything that determines the result. Yield None if another process runs the same training.
    """
    folder = paths.checkpoints_folder() / fingerprint
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock")  # the system releases it when the process ends, however it ends
    try:
        lock.acquire(blocking=False)
    except Timeout:
        yield None
        return
    try:
        yield folder
        shutil.rmtree(folder, ignore_errors=True)  # a second process may have just opened the lock
    finally:
        lock.release()


def can_resume(folder: Path) -> bool:
    """Return whether one of the trainings in the folder has a complete checkpoint."""
    return any(find_last_checkpoint(training) for training in folder.iterdir() if training.is_dir())


def find_last_checkpoint(folder: Path) -> Path | None:
    """Return the last complete checkpoint of a training; None if there is none."""
    complete_checkpoints = [
        marker.parent for marker in folder.glob(f"*/{COMPLETION_FILE}") if _is_complete(marker.parent)
    ]
    return max(complete_checkpoints, key=lambda checkpoint: int(checkpoint.name.split("-")[-1]), default=None)


def _file_sizes(checkpoint: Path) -> dict[str, int]:
    return {file.name: file.stat().st_size for file in checkpoint.iterdir() if file.name != COMPLETION_FILE}


def _is_complete(checkpoint: Path) -> bool:
    try:
        return json.loads((checkpoint / COMPLETION_FILE).read_text(encoding="utf-8")) == _file_sizes(checkpoint)
    except ValueError:  # the machine stopped while it was written
        return False


class PeriodicCheckpointCallback(TrainerCallback):
    """Request checkpoints at multiples of `interval`.

    Trainer has just recorded the loss there: a checkpoint lacks the sum of the losses since the last record. The first
    possible and the last step always get a checkpoint. The others take at most MAX_TIME_FRACTION of the time.
    """

    def __init__(self, folder: Path, interval: int) -> None:
        self.folder, self.interval = folder, interval
        self.last_start, self.last_seconds = 0.0, 0.0

    def on_step_end(self, args: Any, state: TrainerState, control: TrainerControl, **kwargs: Any) -> TrainerControl:
        """Request a checkpoint if one is due."""
        is_last = state.global_step == state.max_steps
        if state.global_step % self.interval == 0 or is_last:
            now = time.monotonic()
            is_due = is_last or now - self.last_start >= self.last_seconds / MAX_TIME_FRACTION
            control.should_save = distributed.broadcast(is_due)
            self.last_start = now if control.should_save else self.last_start
        return control

    def on_save(self, args: Any, state: TrainerState, control: Any, **kwargs: Any) -> None:
        """Mark the checkpoint that Trainer has written as complete; remove older ones."""
        distributed.barrier()
        if distributed.rank() == 0:
            checkpoint = self.folder / f"checkpoint-{state.global_step}"
            temporary_file = checkpoint / f".{COMPLETION_FILE}"
            temporary_file.write_text(json.dumps(_file_sizes(checkpoint)), encoding="utf-8")
            temporary_file.rename(checkpoint / COMPLETION_FILE)
            for folder in self.folder.glob("checkpoint-*"):
                if folder != checkpoint:
                    shutil.rmtree(folder)
        self.last_seconds = time.monotonic() - self.last_start


class CheckpointedTrainer(Trainer):
    """Write checkpoints that contain only the weights that training changes."""

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Write the trained weights and the statistics of norms."""
        if not self.args.should_save:
            return
        model = self.accelerator.unwrap_model(self.model)
        frozen_names = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
        copies = {
            name: tensor.detach().clone(memory_format=torch.contiguous_format)
            for name, tensor in model.state_dict().items()
            if name not in frozen_names
        }
        folder = Path(output_dir or self.args.output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        save_file(copies, folder / SAFE_WEIGHTS_NAME, {"format": "pt"})

"""What a training has reached, kept outside DVC's outputs, so that one that was killed goes on from there.

The model that comes out is the same to the last byte as that of a training that nothing disturbed.
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
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.utils import SAFE_WEIGHTS_NAME

from crossfer.artifacts import paths
from crossfer.modeling import distributed

SHARE = 0.05  # of the time, at most, that goes into checkpoints
WHOLE = "whole.json"


@contextmanager
def checkpoint_dir(fingerprint: str) -> Iterator[Path | None]:
    """Yield the folder of a training's checkpoints, and remove it when the block ends without an exception.

    Args:
        fingerprint: of everything that decides the result.

    Yields:
        The folder; None if another process runs the very same training.
    """
    folder = paths.checkpoints() / fingerprint
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


def are_in(folder: Path) -> bool:
    """A training was cut short in the folder, which will go on from a checkpoint."""
    return any(last(training) for training in folder.iterdir() if training.is_dir())


def last(folder: Path) -> Path | None:
    """The last checkpoint in the folder that was written whole; None if there is none."""
    found = [marker.parent for marker in folder.glob(f"*/{WHOLE}") if _is_whole(marker.parent)]
    return max(found, key=lambda checkpoint: int(checkpoint.name.split("-")[-1]), default=None)


def _sizes(checkpoint: Path) -> dict[str, int]:
    """The size of each file of a checkpoint, in bytes."""
    return {file.name: file.stat().st_size for file in checkpoint.iterdir() if file.name != WHOLE}


def _is_whole(checkpoint: Path) -> bool:
    """All files are there, in their sizes."""
    try:
        return json.loads((checkpoint / WHOLE).read_text(encoding="utf-8")) == _sizes(checkpoint)
    except ValueError:  # the machine went down while it was written
        return False


class PeriodicCheckpointCallback(TrainerCallback):
    """Has Trainer keep a checkpoint at the first such step, at the last, and so often that it costs little.

    One may be kept where the loss has just been recorded: Trainer forgets what it has summed since.
    """

    def __init__(self, folder: Path, every: int) -> None:
        self.folder, self.every = folder, every
        self.begun, self.cost = 0.0, 0.0

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> TrainerControl:
        """Called by Trainer after a step, before what is due is recorded, and then kept."""
        if state.global_step % self.every == 0 or state.global_step == state.max_steps:
            now = time.monotonic()
            due = now - self.begun >= self.cost / SHARE or state.global_step == state.max_steps
            control.should_save = distributed.broadcast(due)
            self.begun = now if control.should_save else self.begun
        return control

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Called by Trainer when it has written one: it counts from now on, and older ones are removed."""
        distributed.barrier()
        if distributed.rank() == 0:
            checkpoint = self.folder / f"checkpoint-{state.global_step}"
            new = checkpoint / f".{WHOLE}"
            new.write_text(json.dumps(_sizes(checkpoint)), encoding="utf-8")
            new.rename(checkpoint / WHOLE)
            for other in self.folder.glob("checkpoint-*"):
                if other != checkpoint:
                    shutil.rmtree(other)
        self.cost = time.monotonic() - self.begun


class CheckpointedTrainer(Trainer):
    """A Trainer whose checkpoints have of the model what training changes; the rest is the backbone's."""

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Write the trained weights, and the statistics that norms keep."""
        if not self.args.should_save:
            return
        model = self.accelerator.unwrap_model(self.model)
        frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
        changed = {name: tensor for name, tensor in model.state_dict().items() if name not in frozen}
        folder = Path(output_dir or self.args.output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        copies = {
            name: tensor.detach().clone(memory_format=torch.contiguous_format) for name, tensor in changed.items()
        }
        save_file(copies, folder / SAFE_WEIGHTS_NAME, {"format": "pt"})

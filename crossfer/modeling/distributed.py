"""Several processes that train one model together, on one machine or on several: torch.distributed.

They are started by `launch`, or from outside by torchrun or accelerate launch, which tell each by its environment where
it stands. Process 0 alone writes and records.
"""

import ctypes
import logging
import os
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from torch import distributed

from crossfer.errors import UserError

PR_SET_PDEATHSIG = 1  # of Linux' prctl.h
PATIENCE = 30  # seconds

T = TypeVar("T")


def rank() -> int:
    """The number of this process among those that train together, from 0 on; 0 for a process by itself."""
    return int(os.environ.get("RANK", "0"))


def local_rank() -> int:
    """The number of this process among those on its machine, from 0 on: which of the machine's GPUs it works on."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def world_size() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def one_machine() -> bool:
    """All of them run on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1")) == world_size()


def broadcast(value: T) -> T:
    """Process 0's value, for all of them."""
    if world_size() == 1:
        return value
    values = [value]
    distributed.broadcast_object_list(values, 0)
    return values[0]


def barrier() -> None:
    """Wait until all of them are here."""
    if world_size() > 1:
        distributed.barrier()


def launched() -> bool:
    """This process is one that `launch` or a launcher outside has started."""
    return "WORLD_SIZE" in os.environ


def launch(module: str, task: str, processes: int) -> None:
    """Run a stage in so many processes of this machine, and wait for them.

    When one ends early, the others are ended too, and this process with them: with its own status if it was a user's
    mistake, which process 0 has reported, else with 1 and a sentence.

    Args:
        module: of the stage.
        task: its argument.
        processes: how many.
    """
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, Std
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logging.getLogger("torch.distributed").setLevel(logging.CRITICAL)  # what it would say is said below
    with tempfile.TemporaryDirectory() as scratch:
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=processes,
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",
            local_addr="localhost",
            max_restarts=0,
            run_id=uuid.uuid4().hex,
            logs_specs=DefaultLogsSpecs(scratch, redirects=dict.fromkeys(range(1, processes), Std.ALL)),
        )
        try:
            elastic_launch(config, sys.executable)("-m", module, task)
        except ChildFailedError as error:
            number, failure = error.get_first_failure()
            if number == 0 and failure.exitcode == 2:
                raise SystemExit(2) from None
            raise SystemExit(
                f"error: process {number} of {processes} (numbered from 0) of {module} {task}"
                f" {_end(failure.exitcode, Path(scratch), number)}; the others were ended, no model was written; run it"
                " again."
            ) from None


def _end(status: int, logs: Path, number: int) -> str:
    """How the process of that number ended, in words; with its last line if it kept a log."""
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    said = [line for log in logs.rglob(f"{number}/stderr.log") for line in log.read_text().splitlines()]
    return f"failed with status {status}" + (f" ({said[-1]})" if said else "")


@contextmanager
def process_group(threads: int) -> Iterator[None]:
    """Join the other processes for the block, if there are any; this process ends when the one that started it does."""
    if world_size() == 1:
        yield
        return
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    os.environ["OMP_NUM_THREADS"] = str(threads)  # else accelerate chooses another number
    distributed.init_process_group()  # gloo on CPUs, nccl on GPUs
    try:
        yield
    except UserError:
        if rank() > 0:  # process 0 meets it too and is to say it; this one is ended meanwhile
            time.sleep(PATIENCE)
        raise
    except RuntimeError as error:
        if "gloo" not in str(error) and not isinstance(error, distributed.DistBackendError):
            raise
        raise SystemExit(
            "error: the connection to the other processes is lost: one of them has ended, or the network between them."
        ) from None
    finally:
        distributed.destroy_process_group()


def scatter_map(work: Callable[[T], torch.Tensor], pieces: Sequence[T]) -> list[torch.Tensor]:
    """Do some work on as many pieces as there are processes, a process a piece, and give all of them all results.

    Args:
        work: from a piece to a tensor of three dimensions, in half precision, on the CPU.
        pieces: the first is process 0's, and so on; there may be fewer than processes.
    """
    if world_size() == 1:
        return [work(piece) for piece in pieces]
    mine = work(pieces[rank()]).contiguous() if rank() < len(pieces) else None
    found = []
    for owner in range(len(pieces)):
        result = mine if owner == rank() else None
        shape = torch.empty(3, dtype=torch.int64) if result is None else torch.tensor(result.shape)
        distributed.broadcast(shape, owner)
        if result is None:
            result = torch.empty(shape.tolist(), dtype=torch.float16)
        distributed.broadcast(result, owner)
        found.append(result)
    return found

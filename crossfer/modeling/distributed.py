"""Train one model in several processes, on one machine or several.

`launch_processes` starts them on this machine with torch's elastic launcher; torchrun and `accelerate launch` start
them on several. accelerate.PartialState connects them. Only process 0 writes files and records.
"""

import logging
import os
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import distributed

from crossfer.errors import UserError

T = TypeVar("T")


def rank() -> int:
    """Return the number of this process in its group, from 0; 0 outside of a group."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def local_rank() -> int:
    """Return the number of this process on its machine, which is that of its GPU."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def world_size() -> int:
    """Return the number of processes that train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def is_on_one_machine() -> bool:
    """Return whether all processes run on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1")) == world_size()


def is_launched() -> bool:
    """Return whether a launcher started this process."""
    return "WORLD_SIZE" in os.environ


def barrier() -> None:
    """Wait until all processes have called this function."""
    if world_size() > 1:
        distributed.barrier()


def broadcast(value: T) -> T:
    """Return process 0's value in all processes."""
    values = [value]
    if world_size() > 1:
        distributed.broadcast_object_list(values, 0)
    return values[0]


def scatter_map(function: Callable[[T], torch.Tensor], chunks: Sequence[T]) -> list[torch.Tensor]:
    """Apply a function to one chunk per process; return all results everywhere.

    The first chunk belongs to process 0. The function returns a tensor on the CPU.
    """
    if world_size() == 1:
        return [function(chunk) for chunk in chunks]
    results: list[torch.Tensor | None] = [None] * world_size()
    distributed.all_gather_object(results, function(chunks[rank()]) if rank() < len(chunks) else None)
    return [result for result in results if result is not None]


@contextmanager
def process_group(device: str, threads: int) -> Iterator[None]:
    """Connect this process to the others of its launcher, if it has one."""
    if not is_launched():
        yield
        return
    from accelerate import PartialState

    os.environ["OMP_NUM_THREADS"] = str(threads)  # otherwise accelerate sets another number
    state = PartialState(cpu=device == "cpu")
    try:
        yield
    except RuntimeError as error:
        if "gloo" not in str(error) and not isinstance(error, distributed.DistBackendError):
            raise
        raise SystemExit("error: lost the connection to another training process; run the command again.") from error
    finally:
        state.destroy_process_group()


def launch_processes(main: Callable[[str], None], task: str, processes: int) -> None:
    """Run `main(task)` in several processes on this machine, and wait for them.

    If one process fails, the launcher ends the others. If this process is killed, the kernel ends them.

    Raises:
        UserError: one of the processes raised it.
        SystemExit: with status 1; a process was killed, or failed for another reason.
    """
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException, Std
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    for name in ("torch.distributed", "torch.multiprocessing"):  # the messages below replace theirs
        logging.getLogger(name).setLevel(logging.CRITICAL)
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
            elastic_launch(config, main)(task)
        except SignalException as error:
            raise KeyboardInterrupt from error
        except ChildFailedError as error:
            number, failure = error.get_first_failure()
            message: Any = failure.message  # torch's record of an exception, if there was one
            if isinstance(message, dict):
                error_name, _, text = message["message"].partition(": ")
                if error_name == UserError.__name__:
                    raise UserError(text) from error
                print(message["extraInfo"]["py_callstack"], file=sys.stderr)
                reason = message["message"]
            else:
                reason = failure.signal_name() if failure.exitcode < 0 else f"exit status {failure.exitcode}"
            raise SystemExit(
                f"error: training process {number} (of 0 to {processes - 1}) failed: {reason}. No model was written;"
                " run the command again."
            ) from error

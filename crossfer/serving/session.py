"""Run ONNX graphs on the CPU, one input at a time.

An int8 graph of a text model scales activations at run time, by the largest value of all rows: in a batch, and with
padding, the probabilities of one text would depend on the others. One input per run and one thread per input give the
same bits for any number of threads, and are faster than batches (docs/serving.md).
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from crossfer.protocols import Encoder


def open_session(graph: Path) -> onnxruntime.InferenceSession:
    """Load a graph to run it on the CPU, in the thread that calls it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # errors only: no user can act on warnings about graph optimizations
    with _without_symlinks(graph) as file:
        return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


@contextmanager
def _without_symlinks(graph: Path) -> Iterator[Path]:
    """Yield a graph that has its weights next to it, as plain files.

    DVC may link outputs to its cache, and onnxruntime rejects weights behind a link that leaves the graph's folder.
    """
    files = [file for file in (graph, graph.with_name(f"{graph.name}.data")) if file.exists()]
    if not any(file.is_symlink() for file in files):
        yield graph
        return
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            shutil.copyfile(file, Path(folder) / file.name)
        yield Path(folder) / graph.name


def predict_probabilities(
    session: onnxruntime.InferenceSession, encoder: Encoder, inputs: Sequence[NDArray[Any]], threads: int
) -> list[NDArray[np.float64]]:
    """Return the probabilities of all labels for each input, in order.

    `threads` run different inputs at the same time; 0 for one per core.
    """

    def probabilities(values: NDArray[Any]) -> NDArray[np.float64]:
        logits: NDArray[np.float64] = session.run(None, encoder.batch([values]))[0][0].astype(np.float64)
        exponentials = np.exp(logits - logits.max())
        return exponentials / exponentials.sum()

    with ThreadPoolExecutor(threads or available_cores()) as pool:
        return list(pool.map(probabilities, inputs))


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

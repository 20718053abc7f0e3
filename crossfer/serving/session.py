"""Run ONNX graphs on the CPU, in batches of inputs of similar length."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from crossfer.protocols import Encoder

BATCH_SIZE = 32  # inputs of a batch, at most
MAX_BATCH_TOKENS = 1024  # with padding; larger batches are no faster and need more memory


def open_session(graph: Path, threads: int) -> onnxruntime.InferenceSession:
    """Load a graph to run it on the CPU; 0 threads means one per core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
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


def max_batch_tokens(session: onnxruntime.InferenceSession) -> int | None:
    """Return the maximum number of tokens in a batch, with padding.

    None if all inputs have one size.
    """
    dynamic_axes = [size for size in session.get_inputs()[0].shape if isinstance(size, str)]
    return MAX_BATCH_TOKENS if len(dynamic_axes) > 1 else None


def batches_by_tokens(inputs: Sequence[Sized], max_tokens: int | None) -> list[list[int]]:
    """Return row numbers in batches of similar length.

    A batch has at most BATCH_SIZE rows, and `max_tokens` tokens with padding.
    """
    batches: list[list[int]] = []
    for row in sorted(range(len(inputs)), key=lambda row: len(inputs[row])):
        size = len(batches[-1]) if batches else 0
        if 0 < size < BATCH_SIZE and (max_tokens is None or (size + 1) * len(inputs[row]) <= max_tokens):
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


def predict_probabilities(
    session: onnxruntime.InferenceSession, encoder: Encoder, inputs: Sequence[NDArray[Any]]
) -> list[NDArray[np.float64]]:
    """Return the probabilities of all labels for each input, in order."""
    by_row: dict[int, NDArray[np.float64]] = {}
    for rows in batches_by_tokens(inputs, max_batch_tokens(session)):
        logits = session.run(None, encoder.batch([inputs[row] for row in rows]))[0].astype(np.float64)
        exponentials = np.exp(logits - logits.max(1, keepdims=True))
        by_row |= dict(zip(rows, exponentials / exponentials.sum(1, keepdims=True), strict=True))
    return [by_row[row] for row in range(len(inputs))]

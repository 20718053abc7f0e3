"""Compare one input at a time with batches: speed, and predictions that change.

A batch has BATCH_SIZE test rows in random order, padded to the longest. Both modes run the int8 graph on the same rows
in turn.

Reads:  data/onnx/<task>, data/tokens/<task>, params.yaml
Writes: data/measurements/<task>-batches.md
Run:    python -m benchmarks.batches <task>
"""

from collections.abc import Sequence
from statistics import median
from typing import Annotated, Any

import numpy as np
import onnxruntime
import typer
from numpy.typing import NDArray
from scipy.special import softmax

from benchmarks import measure
from benchmarks.formats import REPEATS, first_tests, time_in_turn
from crossfer.artifacts import paths
from crossfer.artifacts.paths import INPUT, TaskPaths
from crossfer.config.params import load_task
from crossfer.entrypoint import run_stage
from crossfer.protocols import load_modality
from crossfer.reporting.formatting import percent
from crossfer.serving.session import open_session, predict_probabilities

SINGLE, BATCHES = "one at a time", "batches of 16"
BATCH_SIZE, SEED = 16, 0
CHUNK_SIZE = 128  # rows that a mode classifies before it is the turn of the other
HEADER = ("mode", "rows per second", "relative to batches", "changed predictions", "largest change of a probability")


def main(
    task_name: str, rows: Annotated[int, typer.Option(min=1, help="Maximum of test rows, of all domains.")] = 256
) -> None:
    """Compare an int8 graph on one input at a time with batches."""
    task, compute = load_task(task_name)
    onnx, tokens = (paths.require_path(path) for path in (TaskPaths(task_name).onnx, TaskPaths(task_name).tokens))
    encoder = load_modality(task.modality).load_encoder(onnx)
    inputs = list(first_tests(tokens, rows)[INPUT].sample(frac=1, random_state=SEED))
    session = open_session(onnx / paths.GRAPH_FILE)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = compute.threads
    batch_session = onnxruntime.InferenceSession(onnx / paths.GRAPH_FILE, options)

    def single(chunk: Sequence[NDArray[Any]]) -> NDArray[Any]:
        return np.stack(predict_probabilities(session, encoder, chunk, compute.threads))

    def in_batches(chunk: Sequence[NDArray[Any]]) -> NDArray[Any]:
        batches = [encoder.batch(chunk[start : start + BATCH_SIZE]) for start in range(0, len(chunk), BATCH_SIZE)]
        logits = np.concatenate([batch_session.run(None, batch)[0] for batch in batches])
        probabilities: NDArray[Any] = softmax(logits.astype(np.float64), axis=1)
        return probabilities

    chunks = [inputs[start : start + CHUNK_SIZE] for start in range(0, len(inputs), CHUNK_SIZE)]
    seconds = time_in_turn({BATCHES: in_batches, SINGLE: single}, chunks)
    alone, together = (np.concatenate([score(chunk) for chunk in chunks]) for score in (single, in_batches))
    changed = f"{percent((alone.argmax(1) != together.argmax(1)).mean())} of {len(inputs)}"
    changes = {BATCHES: [changed, f"{np.abs(alone - together).max():.2g}"], SINGLE: ["none", "none"]}
    table = []
    for mode, values in seconds.items():
        speed = median(other / value for other, value in zip(seconds[BATCHES], values, strict=True))
        table.append([mode, f"{len(inputs) / median(values):.1f}", f"{speed:.2f}", *changes[mode]])
    note = f"{len(inputs)} rows; each mode classified them {REPEATS} times, in turn."
    measure.write_table(task_name, "batches", HEADER, table, note)


if __name__ == "__main__":
    run_stage(main)

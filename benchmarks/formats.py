"""Compare PyTorch, ONNX in fp32 and ONNX in int8 in speed, memory and size.

All formats score the same rows in turn, as they are served: PyTorch in batches of similar length, ONNX one row at a
time, on several threads. To measure memory, each classifies the same contents in a process of its
own, with the code that MLflow serves it with.

Reads:  data/models/<task>, data/onnx/<task>, data/tokens/<task>, params.yaml
Writes: data/measurements/<task>-formats.md
Run:    python -m benchmarks.formats <task>
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import pandas as pd
import typer
from numpy.typing import NDArray

from benchmarks import measure
from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import CONTENT, INPUT, TEST, TaskPaths
from crossfer.compression import onnx_export
from crossfer.config.params import load_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.modeling.batching import batches_by_length
from crossfer.modeling.inference import predict_logits
from crossfer.modeling.reproducibility import set_up_torch
from crossfer.protocols import load_compression, load_modality, load_models
from crossfer.serving.session import open_session, predict_probabilities

TORCH, FP32, INT8 = "PyTorch, fp32", "ONNX, fp32", "ONNX, int8"
ONNX_PYFUNC = ("crossfer.serving.pyfunc_onnx", "OnnxPyfunc")
PYFUNCS = {TORCH: ("crossfer.serving.pyfunc_torch", "TorchPyfunc"), FP32: ONNX_PYFUNC, INT8: ONNX_PYFUNC}
HEADER = ("format", "file", "rows per second", "relative to PyTorch", "peak memory", "relative to PyTorch")
REPEATS = 5
BATCH_SIZE = 32

Score = Callable[[Sequence[NDArray[Any]]], object]


def main(
    task_name: str, rows: Annotated[int, typer.Option(min=1, help="Maximum of test rows, of all domains.")] = 256
) -> None:
    """Compare three formats of a trained classifier in speed, memory and size."""
    task, compute = load_task(task_name)
    onnx, model_dir = paths.require_path(TaskPaths(task_name).onnx), paths.require_path(TaskPaths(task_name).model)
    tests = first_tests(TaskPaths(task_name).tokens, rows)
    inputs = list(tests[INPUT])
    encoder, models = load_modality(task.modality).load_encoder(onnx), load_models(task.modality)

    with tempfile.TemporaryDirectory() as scratch:
        folders = {TORCH: model_dir, FP32: Path(scratch) / "fp32", INT8: onnx}
        graphs = {name: folders[name] / paths.GRAPH_FILE for name in (FP32, INT8)}
        shutil.copytree(onnx, folders[FP32], ignore=shutil.ignore_patterns(f"{paths.GRAPH_FILE}*"))
        load_compression(task.modality).export(model_dir, graphs[FP32], encoder.batch(inputs[:2]))
        sizes = {TORCH: io.weights_size(model_dir)}
        sizes |= {name: onnx_export.file_size(graph) for name, graph in graphs.items()}
        contents = Path(scratch) / "contents.parquet"
        io.write_table(contents, tests[[CONTENT]])
        peaks = {}
        for name, folder in folders.items():
            print_progress("formats", task_name, f"memory of {name}")
            arguments = [*PYFUNCS[name], str(folder.resolve()), task.modality, str(contents)]
            peaks[name] = measure.run_module("benchmarks.serve_once", *arguments).peak_bytes

        set_up_torch("cpu", compute.threads, 0)
        model = models.load(model_dir)
        sessions = {name: open_session(graph) for name, graph in graphs.items()}
        scorers: dict[str, Score] = {
            TORCH: lambda batch: predict_logits(model, batch, models.collate, len(batch), "score"),
            FP32: lambda batch: predict_probabilities(sessions[FP32], encoder, batch, compute.threads),
            INT8: lambda batch: predict_probabilities(sessions[INT8], encoder, batch, compute.threads),
        }
        batches = batches_by_length(inputs, BATCH_SIZE, "batches")
        seconds = time_in_turn(scorers, [[inputs[row] for row in batch] for batch in batches])
    note = f"{len(tests)} rows; each format scored them {REPEATS} times, in turn."
    measure.write_table(task_name, "formats", HEADER, table_rows(seconds, peaks, sizes, len(tests)), note)


def time_in_turn(scorers: Mapping[str, Score], batches: Sequence[Sequence[NDArray[Any]]]) -> dict[str, list[float]]:
    """Return the seconds per repeat that each scorer takes, after a warm-up.

    They take turns at every batch, so other work on the machine slows all of them.
    """
    seconds = []
    for _ in range(REPEATS + 1):
        seconds.append(dict.fromkeys(scorers, 0.0))
        for batch in batches:
            for name, score in scorers.items():
                start = time.perf_counter()
                score(batch)
                seconds[-1][name] += time.perf_counter() - start
    return {name: [repeat[name] for repeat in seconds[1:]] for name in scorers}


def table_rows(
    seconds: Mapping[str, Sequence[float]], peaks: Mapping[str, float], sizes: Mapping[str, int], n_rows: int
) -> list[list[str]]:
    """Return one row per format; times are medians of the repeats."""
    rows = []
    for name, values in seconds.items():
        speedup = median(torch / value for torch, value in zip(seconds[TORCH], values, strict=True))
        size = f"{sizes[name] / 1e6:.1f} MB, {sizes[name] / sizes[TORCH]:.3f}"
        memory = [f"{peaks[name] / 1e6:.0f} MB", f"{peaks[name] / peaks[TORCH]:.2f}"]
        rows.append([name, size, f"{n_rows / median(values):.1f}", f"{speedup:.2f}", *memory])
    return rows


def first_tests(tokens: Path, n_rows: int) -> pd.DataFrame:
    """Return content and input of the first test rows, equally many of each domain."""
    tables = [paths.table_path(tokens, domain.name) for domain in io.read_domains(tokens)]
    per_domain = -(-n_rows // len(tables))
    tests = [pd.concat(io.read_split(table, TEST, [CONTENT, INPUT])).iloc[:per_domain] for table in tables]
    return pd.concat(tests, ignore_index=True).iloc[:n_rows]


if __name__ == "__main__":
    run_stage(main)

"""Compare three formats of a trained classifier in time, memory and size: PyTorch, ONNX in fp32, ONNX in int8.

All three score the same batches in turn. For its memory, each classifies the same contents in a process of its own, by
the code that MLflow serves it with.

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
from crossfer.modeling.inference import predict_logits
from crossfer.modeling.reproducibility import set_up_torch
from crossfer.protocols import load_compression, load_modality, load_models
from crossfer.reporting import markdown
from crossfer.serving.session import batches_by_tokens, max_batch_tokens, open_session

TORCH, FP32, INT8 = "PyTorch, fp32", "ONNX, fp32", "ONNX, int8"
SERVED = {
    TORCH: ("crossfer.serving.pyfunc_torch", "TorchPyfunc"),
    FP32: ("crossfer.serving.pyfunc_onnx", "OnnxPyfunc"),
    INT8: ("crossfer.serving.pyfunc_onnx", "OnnxPyfunc"),
}
REPEATS = 5

Score = Callable[[Sequence[NDArray[Any]]], object]


def main(
    task_name: str,
    rows: Annotated[int, typer.Option(min=1, help="How many test rows are scored at most, of all domains.")] = 256,
) -> None:
    """Compare three formats of a trained classifier in time, memory and size."""
    task, compute = load_task(task_name)
    onnx, model = paths.require_path(TaskPaths(task_name).onnx), paths.require_path(TaskPaths(task_name).model)
    tests = _tests(task_name, rows)
    encoder, models = load_modality(task.modality).load_encoder(onnx), load_models(task.modality)

    with tempfile.TemporaryDirectory() as scratch:
        folders = {TORCH: model, FP32: Path(scratch) / "fp32", INT8: onnx}
        graphs = {format_: folders[format_] / paths.GRAPH_FILE for format_ in (FP32, INT8)}
        shutil.copytree(onnx, folders[FP32], ignore=shutil.ignore_patterns(f"{paths.GRAPH_FILE}*"))
        load_compression(task.modality).export(model, graphs[FP32], encoder.batch(list(tests[INPUT].iloc[:2])))
        sizes = {
            TORCH: io.weights_size(model),
            **{name: onnx_export.file_size(graph) for name, graph in graphs.items()},
        }
        io.write_table(Path(scratch) / "contents.parquet", tests[[CONTENT]])
        peaks = {}
        for name, folder in folders.items():
            print_progress("formats", task_name, f"memory of {name}")
            arguments = [*SERVED[name], str(folder.resolve()), task.modality, f"{scratch}/contents.parquet"]
            peaks[name] = measure.run("benchmarks.serve_once", *arguments).bytes

        set_up_torch("cpu", compute.threads, 0)
        network = models.load(model)
        sessions = {name: open_session(graph, compute.threads) for name, graph in graphs.items()}
        scorers: dict[str, Score] = {
            TORCH: lambda inputs: predict_logits(network, inputs, models.collate, len(inputs), "score"),
            FP32: lambda inputs: sessions[FP32].run(None, encoder.batch(inputs)),
            INT8: lambda inputs: sessions[INT8].run(None, encoder.batch(inputs)),
        }
        inputs = list(tests[INPUT])
        batches = [
            [inputs[row] for row in batch] for batch in batches_by_tokens(inputs, max_batch_tokens(sessions[INT8]))
        ]
        seconds = time_in_turn(scorers, batches)
    page = table(seconds, peaks, sizes, len(tests))
    path = paths.benchmark_path(task_name, "formats", "md")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    print(page)


def time_in_turn(scorers: Mapping[str, Score], batches: Sequence[Sequence[NDArray[Any]]]) -> dict[str, list[float]]:
    """Return the seconds that each takes for all batches, in each of REPEATS, after one that does not count.

    They take turns at every batch, so that other work on the machine slows all of them.
    """
    seconds: dict[str, list[float]] = {name: [] for name in scorers}
    for _ in range(REPEATS + 1):
        spent = dict.fromkeys(scorers, 0.0)
        for batch in batches:
            for name, score in scorers.items():
                start = time.perf_counter()
                score(batch)
                spent[name] += time.perf_counter() - start
        for name, value in spent.items():
            seconds[name].append(value)
    return {name: values[1:] for name, values in seconds.items()}


def table(
    seconds: Mapping[str, Sequence[float]], peaks: Mapping[str, float], sizes: Mapping[str, int], rows: int
) -> str:
    """Return a Markdown table, one row per format; ratios are medians of the repeats, to PyTorch."""
    lines = []
    for name, values in seconds.items():
        speedup = median(first / value for first, value in zip(seconds[TORCH], values, strict=True))
        lines.append(
            [
                name,
                f"{sizes[name] / 1e6:.1f} MB, {sizes[name] / sizes[TORCH]:.3f}",
                f"{rows / median(values):.1f}",
                f"{speedup:.2f}",
                f"{peaks[name] / 1e6:.0f} MB",
                f"{peaks[name] / peaks[TORCH]:.2f}",
            ]
        )
    header = ["format", "file", "rows per second", "to PyTorch", "peak memory", "to PyTorch"]
    return f"{markdown.table(header, lines)}\n\n{rows} rows, {len(seconds[TORCH])} times in turn.\n"


def _tests(task_name: str, rows: int) -> pd.DataFrame:
    """Return content and input of each domain's first test rows."""
    tokens = TaskPaths(task_name).tokens
    tables = [paths.table_path(tokens, domain.name) for domain in io.read_domains(tokens)]
    share = -(-rows // len(tables))
    first = [pd.concat(io.read_split(table, TEST, [CONTENT, INPUT])).iloc[:share] for table in tables]
    return pd.concat(first, ignore_index=True).iloc[:rows]


if __name__ == "__main__":
    run_stage(main)

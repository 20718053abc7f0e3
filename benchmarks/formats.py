"""Measure the three forms of a trained classifier beside each other: torch, ONNX in single precision, ONNX in 8 bits.

Not a stage: no output of the pipeline depends on seconds. All three score the same batches in turn; and each answers
the same contents in a process of its own, for its memory, by what MLflow serves it with.

Reads:  data/models/<task>, data/onnx/<task>, data/tokens/<task>, params.yaml
Writes: data/bench/<task>-forms.md
Run:    python -m benchmarks.formats <task>
"""

import json
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
from crossfer.artifacts.paths import CONTENT, INPUT, SPLIT, TEST
from crossfer.compression import onnx_export
from crossfer.config.params import load_task
from crossfer.entrypoint import run_stage, say
from crossfer.modeling.inference import logits
from crossfer.modeling.reproducibility import prepare
from crossfer.protocols import load_graphs, load_modality, load_models
from crossfer.serving.session import batches_by_length, max_batch_tokens, open_session

TORCH, FULL, SMALL = "torch, single precision", "ONNX, single precision", "ONNX, 8 bits"
SERVED = {
    TORCH: "crossfer.serving.pyfunc_torch:ServedModel",
    FULL: "crossfer.serving.pyfunc_onnx:ServedClassifier",
    SMALL: "crossfer.serving.pyfunc_onnx:ServedClassifier",
}
TRIES = 5
MEGA = 1e6

Batches = Sequence[Sequence[NDArray[Any]]]
Score = Callable[[Sequence[NDArray[Any]]], object]


def main(
    task_name: str,
    rows: Annotated[int, typer.Option(min=1, help="How many test rows are scored at most, of all domains.")] = 256,
) -> None:
    """Measure the three forms of a trained classifier beside each other."""
    task, compute = load_task(task_name)
    onnx, model = paths.require(paths.onnx(task_name)), paths.require(paths.model(task_name))
    tests = _tests(task_name, rows)
    session = open_session(onnx / paths.GRAPH, compute.threads)
    asked = [
        [tests[INPUT].iloc[row] for row in some]
        for some in batches_by_length(list(tests[INPUT]), max_batch_tokens(session))
    ]
    encoder, models = load_modality(task.modality).load_encoder(onnx), load_models(task.modality)

    def of_graph(path: Path) -> Score:
        session = open_session(path, compute.threads)
        return lambda inputs: session.run(None, encoder.batch(inputs))

    def of_torch() -> Score:
        prepare("cpu", compute.threads, 0)
        whole = models.load(model)
        return lambda inputs: logits(whole, inputs, models.collate, len(inputs), "score")

    with tempfile.TemporaryDirectory() as scratch:
        folders = {TORCH: model, FULL: Path(scratch) / "full", SMALL: onnx}
        shutil.copytree(onnx, folders[FULL], ignore=shutil.ignore_patterns(f"{paths.GRAPH}*"))
        full = folders[FULL] / paths.GRAPH
        load_graphs(task.modality).export(model, full, encoder.batch(list(tests[INPUT].iloc[:2])))
        sizes = {TORCH: io.weights_size(model), FULL: onnx_export.size(full)}
        sizes[SMALL] = onnx_export.size(onnx / paths.GRAPH)
        file = _written(list(tests[CONTENT]), Path(scratch))
        peaks = {}
        for form, folder in folders.items():
            say("forms", task_name, f"memory of {form}")
            asked_for = [SERVED[form], str(folder), task.modality, str(file)]
            _, peaks[form] = measure.module("benchmarks.serve_once", asked_for, f"{form} of task {task_name}")
        seconds = timed({TORCH: of_torch(), FULL: of_graph(full), SMALL: of_graph(onnx / paths.GRAPH)}, asked)
    page = table(seconds, peaks, sizes, len(tests))
    path = paths.formats(task_name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    print(page)


def timed(forms: Mapping[str, Score], asked: Batches) -> dict[str, list[float]]:
    """Seconds that each form takes for all batches, in each of TRIES, after one that does not count.

    The forms take turns at every batch, so that whatever else the machine does is shared by them.
    """
    seconds: dict[str, list[float]] = {form: [] for form in forms}
    for number in range(TRIES + 1):
        spent = dict.fromkeys(forms, 0.0)
        for batch in asked:
            for form, score in forms.items():
                start = time.perf_counter()
                score(batch)
                spent[form] += time.perf_counter() - start
        if number:
            for form, value in spent.items():
                seconds[form].append(value)
    return seconds


def table(
    seconds: Mapping[str, Sequence[float]], peaks: Mapping[str, float], sizes: Mapping[str, int], rows: int
) -> str:
    """A Markdown table: a row a form; ratios are medians of the tries, to the first form."""
    first = next(iter(seconds))
    lines = ["| form | file | rows a second | to torch | peak memory | to torch |", "|---" * 6 + "|"]
    for form, found in seconds.items():
        faster = median(a / b for a, b in zip(seconds[first], found, strict=True))
        lines.append(
            f"| {form} | {sizes[form] / MEGA:.1f} MB, {sizes[form] / sizes[first]:.3f} | {rows / median(found):.1f} |"
            f" {faster:.2f} | {peaks[form] / MEGA:.0f} MB | {peaks[form] / peaks[first]:.2f} |"
        )
    return "\n".join(lines) + f"\n\n{rows} rows, {len(found)} times in turn.\n"


def _tests(task_name: str, rows: int) -> pd.DataFrame:
    """Test rows, content and input, each domain's first ones."""
    tokens = paths.tokens(task_name)
    domains = io.read_domains(tokens)
    share = -(-rows // len(domains))
    found = []
    for domain in domains:
        table = io.read_table(paths.table(tokens, domain.name), [CONTENT, INPUT, SPLIT])
        found.append(table[table[SPLIT] == TEST].iloc[:share])
    return pd.concat(found, ignore_index=True).iloc[:rows]


def _written(asked: Sequence[Any], place: Path) -> Path:
    """Contents as predict takes them: a file of texts, or a folder of pictures."""
    if isinstance(asked[0], str):
        file = place / "asked.jsonl"
        file.write_text("".join(json.dumps({CONTENT: text}) + "\n" for text in asked), encoding="utf-8")
        return file
    folder = place / "asked"
    folder.mkdir()
    for number, picture in enumerate(asked):
        (folder / f"{number:06}").write_bytes(bytes(picture))
    return folder


if __name__ == "__main__":
    run_stage(main)

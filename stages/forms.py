"""Measure the three forms of a trained classifier beside each other: torch, ONNX in single precision, ONNX in 8 bits.

Not a stage: no output of the pipeline depends on seconds. All three score the same batches in turn; and each is served
the same contents by a process of its own, for its memory: the graphs by predict, torch by what MLflow serves it with.

Reads:  data/models/<task>, data/onnx/<task>, data/tokens/<task>, params.yaml
Writes: data/bench/<task>-forms.md
Run:    python -m stages.forms <task>
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

from stages.compression import graph_file
from stages.modalities import load_graphs, load_modality, load_models
from stages.serving import contents
from stages.serving.classifier import batches, session
from stages.shared import artifacts, layout, measured
from stages.shared.command import run_stage, say
from stages.shared.determinism import prepare
from stages.shared.inference import logits
from stages.shared.layout import CONTENT, INPUT, SPLIT, TEST
from stages.shared.params import load_task

TORCH, FULL, SMALL = "torch, single precision", "ONNX, single precision", "ONNX, 8 bits"
TRIES = 5
MEGA = 1e6

Batches = Sequence[Sequence[NDArray[Any]]]
Score = Callable[[Sequence[NDArray[Any]]], object]


def main(
    task_name: str,
    rows: Annotated[int, typer.Option(min=1, help="How many test rows are scored, of all domains in turn.")] = 256,
    serve: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Measure the three forms of a trained classifier beside each other."""
    task, compute = load_task(task_name)
    onnx, model = layout.existing(layout.onnx(task_name)), layout.existing(layout.model(task_name))
    if serve is not None:  # in a process of its own
        _serve(model, task.modality, [content for _, content in contents.named([str(serve)], CONTENT)])
        return
    tests = _tests(task_name, rows)
    asked = [[tests[INPUT].iloc[row] for row in some] for some in batches(list(tests[INPUT]))]
    encoder, models = load_modality(task.modality).load_encoder(onnx), load_models(task.modality)

    def of_graph(path: Path) -> Score:
        running = session(path, compute.threads)
        return lambda inputs: running.run(None, encoder.batch(inputs))

    def of_torch() -> Score:
        prepare("cpu", compute.threads, 0)
        whole = models.load(model)
        return lambda inputs: logits(whole, inputs, models.collate, len(inputs), "score")

    with tempfile.TemporaryDirectory() as scratch:
        folders = {FULL: Path(scratch) / "full", SMALL: onnx}
        shutil.copytree(onnx, folders[FULL])
        full = folders[FULL] / layout.GRAPH
        load_graphs(task.modality).export(model, full, encoder.batch(asked[0]))
        sizes = {TORCH: artifacts.weights_size(model), FULL: graph_file.size(full)}
        sizes[SMALL] = graph_file.size(onnx / layout.GRAPH)
        file = _written(list(tests[CONTENT]), Path(scratch))
        peaks = {TORCH: _peak("stages.forms", [task_name, "--serve", str(file)], TORCH)}
        for form, folder in folders.items():
            peaks[form] = _peak("stages.predict", [task_name, "--model", str(folder), str(file)], form)
        seconds = timed({TORCH: of_torch(), FULL: of_graph(full), SMALL: of_graph(onnx / layout.GRAPH)}, asked)
    page = table(seconds, peaks, sizes, len(tests))
    path = layout.forms(task_name)
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
    tokens = layout.tokens(task_name)
    domains = artifacts.read_domains(tokens)
    share = -(-rows // len(domains))
    found = []
    for domain in domains:
        table = artifacts.read_table(layout.table(tokens, domain.name), [CONTENT, INPUT, SPLIT])
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


def _serve(model: Path, modality: str, asked: Sequence[Any]) -> None:
    """Classify contents as MLflow does with the model in torch."""
    from types import SimpleNamespace

    from stages.shared.served_model import ServedModel

    served = ServedModel()
    served.load_context(SimpleNamespace(artifacts={"model": str(model)}, model_config={"modality": modality}))
    served.predict(None, pd.DataFrame({CONTENT: asked}))


def _peak(module: str, arguments: Sequence[str], form: str) -> float:
    """Bytes of memory at the peak of a process that serves one form.

    Raises:
        UserError: it failed.
    """
    say("forms", arguments[0], f"memory of {form}")
    _, peak = measured.module(module, arguments, form)
    return peak


if __name__ == "__main__":
    run_stage(main)

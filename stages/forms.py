"""Measure the three forms of a trained classifier beside each other: torch, ONNX in single precision, ONNX in 8 bits.

Not a stage: no output of the pipeline depends on seconds. All three score the same batches in turn; each scores them
once more in a process of its own, for its memory.

Reads:  data/models/<task>, data/onnx/<task>, data/tokens/<task>, params.yaml
Writes: data/bench/<task>-forms.md
Run:    python -m stages.forms <task>
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer
from numpy.typing import NDArray

from stages.compression.scoring import test_inputs
from stages.modalities import load_graphs, load_modality
from stages.serving.classifier import batches, session
from stages.shared import artifacts, measured
from stages.shared.command import run_stage, say
from stages.shared.params import load_task

TORCH, FULL, SMALL = "torch, single precision", "ONNX, single precision", "ONNX, 8 bits"
TRIES = 5
MEGA = 1e6

Batches = Sequence[Sequence[NDArray[Any]]]
Score = Callable[[Sequence[NDArray[Any]]], object]


def main(
    task_name: str,
    rows: Annotated[int, typer.Option(min=1, help="How many test rows are scored, of all domains in turn.")] = 256,
    only: Annotated[str, typer.Option(hidden=True)] = "",
    graph: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Measure the three forms of a trained classifier beside each other."""
    task, compute = load_task(task_name)
    small = artifacts.existing(artifacts.onnx(task_name)) / artifacts.GRAPH
    asked = _batches(task_name, rows, task.evaluate.batch_size)
    encoder = load_modality(task.modality).load_encoder(artifacts.onnx(task_name))

    def of_graph(path: Path) -> Score:
        running = session(path, compute.threads)
        return lambda inputs: running.run(None, encoder.batch(inputs))

    def of_torch() -> Score:
        from stages.modalities import load_models
        from stages.shared.determinism import prepare
        from stages.shared.inference import logits

        models = load_models(task.modality)
        prepare("cpu", compute.threads, 0)
        model = models.load(artifacts.model(task_name))
        return lambda inputs: logits(model, inputs, models.collate, len(inputs), "score")

    if only:  # in a process of its own
        score = of_torch() if only == TORCH else of_graph(graph or small)
        for batch in asked:
            score(batch)
        return
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / artifacts.GRAPH
        load_graphs(task.modality).export(artifacts.model(task_name), full, encoder.batch(asked[0]))
        files = {TORCH: artifacts.existing(artifacts.model(task_name)), FULL: full, SMALL: small}
        seconds = timed({TORCH: of_torch(), FULL: of_graph(full), SMALL: of_graph(small)}, asked)
        peaks = {form: _peak(task_name, rows, form, file) for form, file in files.items()}
        sizes = {form: path.stat().st_size for form, path in files.items()}
        sizes[TORCH] = artifacts.weights_size(files[TORCH])
    page = table(seconds, peaks, sizes, sum(map(len, asked)))
    path = artifacts.forms(task_name)
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


def _batches(task_name: str, rows: int, batch_size: int) -> Batches:
    """Inputs of test rows, each domain's first ones, in batches of similar length."""
    tokens = artifacts.tokens(task_name)
    domains = artifacts.read_domains(tokens)
    share = -(-rows // len(domains))
    inputs = [
        values for domain in domains for values in next(test_inputs(artifacts.table(tokens, domain.name)))[:share]
    ]
    return [[inputs[row] for row in some] for some in batches(inputs[:rows], batch_size)]


def _peak(task_name: str, rows: int, form: str, file: Path) -> float:
    """Bytes of memory at the peak of a process that scores the rows with one form.

    Raises:
        UserError: it failed.
    """
    say("forms", task_name, f"memory of {form}")
    asked = [task_name, "--rows", str(rows), "--only", form, "--graph", str(file)]
    _, peak = measured.module("stages.forms", asked, f"{form} of task {task_name}")
    return peak


if __name__ == "__main__":
    run_stage(main)

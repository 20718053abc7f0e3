"""Measure how time and memory of the stages grow with the number of rows.

The stages run in a folder of their own. Each text of their target has random words of one text of the task's source, so
none is a duplicate. The model is a small network of random weights: only the pipeline is measured.

Reads:  data/clean/<task>, params.yaml, the backbone's tokenizer
Writes: data/measurements/<task>-scaling.md
Run:    python -m benchmarks.scaling <task>
"""

import json
import math
import random
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from ruamel.yaml import YAML
from transformers import AutoConfig, AutoModel

from benchmarks import measure
from benchmarks.measure import Cost
from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import CONTENT, LABEL, TaskPaths
from crossfer.backbones import locate_backbone
from crossfer.config.params import Task, load_text_task
from crossfer.entrypoint import print_progress, run_stage

FACTORS = (1, 10, 100)
MEASURED_STAGES = ("ingest", "preprocess", "tokenize", "evaluate")
STAGES = ("ingest", "preprocess", "tokenize", "finetune", "adapt", "evaluate")
FILES = "scaling"
SOURCE, TARGET = f"{FILES}/source.jsonl", f"{FILES}/target.jsonl"
SHAPE = {"num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64}


def main(
    task_name: str,
    rows: Annotated[int, typer.Option(min=100, help="Rows of the smallest target.")] = 2000,
    words: Annotated[int, typer.Option(min=10, help="Words of each text.")] = 60,
) -> None:
    """Measure how time and memory of the stages grow with the number of rows."""
    task, _ = load_text_task(task_name)
    source = io.read_table(paths.table_path(TaskPaths(task_name).clean, task.source.domain), [CONTENT, LABEL])
    texts, labels = list(source[CONTENT]), list(source[LABEL])
    costs: dict[int, dict[str, Cost]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        measure.link_files(folder, ("stages", "crossfer", "benchmarks"))
        write_params(folder, task_name, task)
        write_rows(folder / SOURCE, zip(texts, labels, strict=True))
        for n_rows in (factor * rows for factor in FACTORS):
            write_rows(folder / TARGET, shuffle_words(texts, labels, n_rows, words))
            all_costs = {stage: measure.run_module(f"stages.{stage}", task_name, folder=folder) for stage in STAGES}
            costs[n_rows] = {stage: all_costs[stage] for stage in MEASURED_STAGES}
            size, seconds = (folder / TARGET).stat().st_size, sum(cost.seconds for cost in costs[n_rows].values())
            print_progress("scaling", task_name, f"{n_rows:,} rows, {size / 1e6:.0f} MB: {seconds:.0f} s")
    measure.write_table(task_name, "scaling", table_header(sorted(costs)), table_rows(costs))


def table_header(numbers_of_rows: Sequence[int]) -> list[str]:
    """Return the header of the table."""
    return ["stage", *(f"{n_rows:,} rows" for n_rows in numbers_of_rows), "exponent", "bytes per further row"]


def table_rows(costs: Mapping[int, Mapping[str, Cost]]) -> list[list[str]]:
    """Return one row per stage and one of totals: costs, exponent, memory per row.

    The exponent is of the time in addition to that of the fewest rows; 1 is linear. `costs` has three numbers of rows.
    """
    min_rows, middle_rows, max_rows = sorted(costs)
    by_stage = {stage: {n_rows: costs[n_rows][stage] for n_rows in costs} for stage in costs[min_rows]}
    by_stage["all four"] = {
        n_rows: Cost(sum(cost.seconds for cost in stages.values()), max(cost.peak_bytes for cost in stages.values()))
        for n_rows, stages in costs.items()
    }
    rows = []
    for stage, cost in by_stage.items():
        cells = [f"{cost[n_rows].seconds:.1f} s, {cost[n_rows].peak_bytes / 1e6:.0f} MB" for n_rows in sorted(cost)]
        middle_seconds, max_seconds = (
            cost[n_rows].seconds - cost[min_rows].seconds for n_rows in (middle_rows, max_rows)
        )
        growth = math.log((max_rows - min_rows) / (middle_rows - min_rows))
        exponent = f"{math.log(max_seconds / middle_seconds) / growth:.2f}" if middle_seconds > 0 else ""
        bytes_per_row = (cost[max_rows].peak_bytes - cost[min_rows].peak_bytes) / (max_rows - min_rows)
        rows.append([stage, *cells, exponent, f"{bytes_per_row:.0f}"])
    return rows


def shuffle_words(texts: Sequence[str], labels: Sequence[str], n_rows: int, n_words: int) -> Iterator[tuple[str, str]]:
    """Yield texts and labels; each text has words of one of the given texts, by seed."""
    words = [text.split() for text in texts]
    for seed in range(n_rows):
        index = seed % len(words)
        yield " ".join(random.Random(seed).choices(words[index], k=n_words)), labels[index]


def write_rows(path: Path, rows: Iterable[tuple[str, str]]) -> None:
    """Write texts and labels as JSONL."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows)


def write_params(folder: Path, task_name: str, task: Task) -> None:
    """Write params.yaml with the generated tables, and a small random network."""
    backbone, network = locate_backbone(task.backbone), folder / "network"
    config = AutoConfig.from_pretrained(backbone, trust_remote_code=False, **SHAPE)
    AutoModel.from_config(config).save_pretrained(network)
    for file in backbone.iterdir():
        if (file.suffix == ".json" or "token" in file.name) and not (network / file.name).exists():
            (network / file.name).symlink_to(file.resolve())
    params: dict[str, Any] = YAML(typ="safe").load(Path("params.yaml").read_text(encoding="utf-8"))
    options = params["tasks"][task_name]
    language = {"language": task.source.language, "provider": "table"}
    source, target = ({"domain": name, **language} for name in (task.source.domain, "target"))
    options |= {"files": FILES, "source": {**source, "path": SOURCE}, "targets": [{**target, "path": TARGET}]}
    options |= {"backbone": {"provider": "local", "path": str(network)}}
    options["finetune"] |= {"freeze": "backbone", "epochs": 1}
    YAML().dump({**params, "tasks": {task_name: options}}, folder / "params.yaml")


if __name__ == "__main__":
    run_stage(main)

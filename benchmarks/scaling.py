"""Measure how time and memory of the stages grow with the rows, up to a hundredfold.

The stages run in a folder of their own, on a target of many texts made of the task's own, with words exchanged so that
none is dropped as a duplicate; the source stays as it is. The model is a small one of random weights: what is measured
is the pipeline's part.

Reads:  data/clean/<task>, params.yaml, the backbone's tokenizer
Writes: data/measurements/<task>-scaling.md
Run:    python -m benchmarks.scaling <task>
"""

import json
import math
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
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
from crossfer.reporting import markdown

FACTORS = (1, 10, 100)
MEASURED = ("ingest", "preprocess", "tokenize", "evaluate")
STAGES = ("ingest", "preprocess", "tokenize", "finetune", "adapt", "evaluate")
TARGET = "target.jsonl"
SMALL = {"num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64}


def main(
    task_name: str,
    rows: Annotated[int, typer.Option(min=100, help="Rows of the smallest target.")] = 2000,
    words: Annotated[int, typer.Option(min=10, help="Words of each text.")] = 60,
) -> None:
    """Measure how time and memory of the stages grow with the rows."""
    task, _ = load_text_task(task_name)
    texts = io.read_table(paths.table_path(TaskPaths(task_name).clean, task.source.domain), [CONTENT, LABEL])
    costs: dict[int, dict[str, Cost]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        measure.link(folder, ("stages", "crossfer", "benchmarks", task.files))
        write_params(folder, task_name, task)
        for factor in FACTORS:
            with (folder / TARGET).open("w", encoding="utf-8") as file:
                for text, label in shuffle_words(list(texts[CONTENT]), list(texts[LABEL]), factor * rows, words):
                    file.write(json.dumps({"text": text, "label": label}) + "\n")
            all_costs = {stage: measure.run(f"stages.{stage}", task_name, folder=folder) for stage in STAGES}
            costs[factor] = {stage: all_costs[stage] for stage in MEASURED}
            size, took = (folder / TARGET).stat().st_size / 1e6, sum(cost.seconds for cost in costs[factor].values())
            print_progress("scaling", task_name, f"{factor * rows:,} rows, {size:.0f} MB: {took:.0f} s")
    page = table(costs, rows)
    path = paths.benchmark_path(task_name, "scaling", "md")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    print(page)


def table(costs: Mapping[int, Mapping[str, Cost]], rows: int) -> str:
    """Return seconds and peak memory of each stage by rows, the exponent of time, and the memory per further row.

    The exponent is of the time above that of the fewest rows: 1 is linear.
    """
    small, middle, large = sorted(costs)
    by_stage = {stage: {factor: costs[factor][stage] for factor in costs} for stage in costs[small]}
    by_stage["all four"] = {
        factor: Cost(sum(cost.seconds for cost in stages.values()), max(cost.bytes for cost in stages.values()))
        for factor, stages in costs.items()
    }
    lines = []
    for stage, found in by_stage.items():
        cells = [f"{found[factor].seconds:.1f} s, {found[factor].bytes / 1e6:.0f} MB" for factor in sorted(found)]
        more, most = (found[factor].seconds - found[small].seconds for factor in (middle, large))
        exponent = f"{math.log(most / more) / math.log((large - small) / (middle - small)):.2f}" if more > 0 else ""
        per_row = (found[large].bytes - found[small].bytes) / (rows * (large - small))
        lines.append([stage, *cells, exponent, f"{per_row:.0f}"])
    sizes = [f"{rows * factor:,} rows" for factor in sorted(costs)]
    return markdown.table(["stage", *sizes, "exponent", "bytes per further row"], lines) + "\n"


def shuffle_words(texts: Sequence[str], labels: Sequence[str], rows: int, length: int) -> Iterator[tuple[str, str]]:
    """Yield a number of texts, each of words drawn by seed from one of the given texts, and their labels."""
    words = [text.split() for text in texts]
    for seed in range(rows):
        place = seed % len(words)
        yield " ".join(random.Random(seed).choices(words[place], k=length)), labels[place]


def write_params(folder: Path, name: str, task: Task) -> None:
    """Write the task's parameters, with the grown target only, and a small network of random weights to the folder."""
    backbone, small = locate_backbone(task.backbone), folder / "small"
    AutoModel.from_config(AutoConfig.from_pretrained(backbone, trust_remote_code=False, **SMALL)).save_pretrained(small)
    for file in backbone.iterdir():
        if (file.suffix == ".json" or "token" in file.name) and not (small / file.name).exists():
            (small / file.name).symlink_to(file.resolve())
    params: dict[str, Any] = YAML(typ="safe").load(Path("params.yaml").read_text(encoding="utf-8"))
    block = params["tasks"][name]
    columns = {"text": "text", "label": "label"}
    target = {"domain": "target", "provider": "table", "path": TARGET, "columns": columns}
    block |= {"files": ".", "targets": [target], "backbone": {"provider": "local", "path": str(small)}}
    block["finetune"] |= {"freeze": "backbone", "epochs": 1}
    YAML().dump({**params, "tasks": {name: block}}, folder / "params.yaml")


if __name__ == "__main__":
    run_stage(main)

"""Measure how time and memory of the stages grow with the rows, up to a hundredfold.

Not a stage. The stages run in a folder of their own, on a target of many texts made of the task's own, each with words
exchanged by seed so that none is dropped as a copy; the source stays as it is. The model is a small one of random
weights: what grows is the pipeline's part.

Reads:  data/clean/<task>, params.yaml, the backbone's tokenizer
Writes: data/bench/<task>-growth.md
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

from benchmarks import sandbox
from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import CONTENT, LABEL
from crossfer.backbones import located
from crossfer.config.params import Task, load_text_task
from crossfer.entrypoint import run_stage, say

FACTORS = (1, 10, 100)
MEASURED = ("ingest", "preprocess", "tokenize", "evaluate")
RUN = ("ingest", "preprocess", "tokenize", "finetune", "adapt", "evaluate")
GROWN = "grown.jsonl"
SMALL = {"num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64}

Cost = tuple[float, float]
"""Seconds of wall time, and bytes of memory at the peak."""


def main(
    task_name: str,
    rows: Annotated[int, typer.Option(min=100, help="Rows of the smallest target.")] = 2000,
    words: Annotated[int, typer.Option(min=10, help="Words of each text.")] = 60,
) -> None:
    """Measure how time and memory of the stages grow with the rows."""
    task, _ = load_text_task(task_name)
    texts = io.read_table(paths.table(paths.clean(task_name), task.source.domain), [CONTENT, LABEL])
    found: dict[int, dict[str, Cost]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        sandbox.link(place, ("stages", task.files))
        _write_params(place, task_name, task)
        for factor in FACTORS:
            with (place / GROWN).open("w", encoding="utf-8") as file:
                for text, label in _grown(texts[CONTENT].tolist(), texts[LABEL].tolist(), factor * rows, words):
                    file.write(json.dumps({"text": text, "label": label}) + "\n")
            costs = {stage: sandbox.run(place, stage, task_name) for stage in RUN}
            found[factor] = {stage: costs[stage] for stage in MEASURED}
            size = (place / GROWN).stat().st_size / 1e6
            took = sum(seconds for seconds, _ in found[factor].values())
            say("growth", task_name, f"{factor * rows:,} rows, {size:.0f} MB: {took:.0f} s")
    page = table(found, rows)
    path = paths.comparison_with_baseline(task_name).with_name(f"{task_name}-growth.md")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    print(page)


def table(found: Mapping[int, Mapping[str, Cost]], rows: int) -> str:
    """Seconds and peak memory of each stage by rows, the exponent of time, and the memory that a further row takes.

    The exponent is of the time above that of the smallest: 1 is linear.
    """
    small, middle, large = sorted(found)
    heads = [f"{rows * factor:,} rows" for factor in sorted(found)]
    lines = [f"| stage | {' | '.join(heads)} | exponent | bytes a further row |", "|---" * (len(heads) + 3) + "|"]
    stages = {stage: {factor: found[factor][stage] for factor in found} for stage in found[small]}
    stages["all four"] = {
        factor: (sum(seconds for seconds, _ in costs.values()), max(peak for _, peak in costs.values()))
        for factor, costs in found.items()
    }
    for stage, costs in stages.items():
        cells = [f"{costs[factor][0]:.1f} s, {costs[factor][1] / 1e6:.0f} MB" for factor in sorted(found)]
        more, most = costs[middle][0] - costs[small][0], costs[large][0] - costs[small][0]
        exponent = f"{math.log(most / more) / math.log((large - small) / (middle - small)):.2f}" if more > 0 else ""
        a_row = (costs[large][1] - costs[small][1]) / (rows * (large - small))
        lines.append(f"| {stage} | {' | '.join(cells)} | {exponent} | {a_row:.0f} |")
    return "\n".join(lines) + "\n"


def _grown(texts: Sequence[str], labels: Sequence[str], rows: int, length: int) -> Iterator[tuple[str, str]]:
    """Texts of so many words out of the task's own, by seed, and their labels."""
    words = [text.split() for text in texts]
    for number in range(rows):
        generator = random.Random(number)
        place = number % len(words)
        yield " ".join(generator.choices(words[place], k=length)), labels[place]


def _write_params(place: Path, name: str, task: Task) -> None:
    """The task's parameters with the grown target alone and a small network of random weights, in the folder."""
    backbone = located(task.backbone)
    small = place / "small"
    small.mkdir()
    for file in backbone.iterdir():
        if file.suffix == ".json" or "token" in file.name:
            (small / file.name).symlink_to(file.resolve())
    (small / "config.json").unlink()
    config = AutoConfig.from_pretrained(backbone, trust_remote_code=False, **SMALL)
    AutoModel.from_config(config).save_pretrained(small)
    params: dict[str, Any] = YAML(typ="safe").load(Path("params.yaml").read_text(encoding="utf-8"))
    block = params["tasks"][name]
    target = {"domain": "grown", "kind": "grown", "provider": "table", "path": GROWN}
    target["columns"] = {"text": "text", "label": "label"}  # type: ignore[assignment]
    block |= {"files": ".", "targets": [target], "backbone": {"provider": "local", "path": str(small)}}
    block["finetune"] |= {"freeze": "backbone", "epochs": 1}
    params["tasks"] = {name: block}
    YAML().dump(params, place / "params.yaml")


if __name__ == "__main__":
    run_stage(main)

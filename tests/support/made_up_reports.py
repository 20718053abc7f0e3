"""Reports, predictions and ladders from marks: `1101` says which test rows are right."""

import numpy as np
import pandas as pd

from crossfer.artifacts import digests
from crossfer.comparison import task_summary
from crossfer.evaluation import report

LABELS = ["a", "b"]
WHOLE = {"en": "1" * 40, "zh": "1110" * 10, "sw": "1100" * 10}  # zero-shot 0.625
FLOOR = {"en": "1" * 40, "zh": "1000" * 10, "sw": "0000" * 10}  # zero-shot 0.125
COST = {"training_rows": 100, "parameters": 4_000_000, "trained_parameters": 1_000_000, "model_bytes": 16_000_000}


def ids(domain: str, marks: str) -> list[str]:
    """Targets are parallel: their items have the same ids, the source's have others."""
    return [f"{'article' if domain == 'en' else 'brief'}-{n:03d}" for n in range(len(marks))]


def scored(model: dict[str, str], floor: dict[str, str], **languages: str) -> tuple[dict, pd.DataFrame]:
    """metrics.json and predictions of a task; the first domain is the source, each has its own language."""
    frames = {}
    for domain, marks in model.items():
        truth = np.array(LABELS * len(marks))[: len(marks)]
        other = np.where(truth == "a", "b", "a")
        right, floor_right = (np.array([mark == "1" for mark in of[domain]]) for of in (model, floor))
        guess = np.where(right, truth, other)
        frames[domain] = pd.DataFrame(
            {
                "id": ids(domain, marks),
                "domain": domain,
                "label": truth,
                "prediction": guess,
                "probabilities": [{label: 0.9 if label == one else 0.1 for label in LABELS} for one in guess],
                "baseline": np.where(floor_right, truth, other),
            }
        )
    language = {domain: languages.get(domain.replace("-", "_"), domain) for domain in model}
    made = report.compute(frames, language, next(iter(model)), LABELS, 200, 0)
    return {**made, "cost": COST}, pd.concat(frames.values(), ignore_index=True)


def row(variant: str, right: dict[str, str], share: float = 1.0, seed: int = 0, **changed: object) -> dict:
    """A row of a ladder."""
    name = f"ladder-{variant}-{share}-{seed}"
    return {
        "variant": variant,
        "train_fraction": share,
        "seed": seed,
        "experiment": name,
        "commit": "0" * 40,
        "command": f"dvc exp run --name {name}",
        "training_rows": round(100 * share),
        "cpu_seconds": 60.0 * share,
        **{size: COST[size] for size in ("parameters", "trained_parameters", "model_bytes")},
        "scores": {domain: {"accuracy": marks.count("1") / len(marks)} for domain, marks in right.items()},
        "test_ids_digest": {domain: digests.strings_digest(ids(domain, marks)) for domain, marks in right.items()},
        "correct": right,
        **changed,
    }


def figures(model=WHOLE, floor=FLOOR, rows=(), modality="text", epochs=2, **languages: str) -> dict:
    """What summary.json holds of a task whose ladder was climbed with 2 epochs."""
    metrics, predictions = scored(model, floor, **languages)
    ladder = {"settings": [], "parameters": {"finetune.epochs": 2}, "rows": list(rows)}
    now = {"finetune.epochs": epochs}
    return {"modality": modality, **task_summary.task_figures(metrics, predictions, ladder, now, 1000, 0)}


def variants(*names: str) -> list[dict]:
    """Rows of these variants with all labels and a tenth: pretrained as WHOLE, the others as FLOOR."""
    weak = {"en": "1110" * 10, "zh": "1000" * 10, "sw": "0000" * 10}
    strong = {"partial": WHOLE, "full": WHOLE, "head": {**WHOLE, "sw": "1000" * 10}}
    return [row(name, strong.get(name, weak), share) for name in names for share in (1.0, 0.1)]

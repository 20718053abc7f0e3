"""Make reports, predictions and ablations from marks.

`1101` says which test rows are classified correctly.
"""

import numpy as np
import pandas as pd

from crossfer.artifacts import digests
from crossfer.comparison import task_summary
from crossfer.evaluation import report

LABELS = ["a", "b"]
MODEL = {"en": "1" * 40, "zh": "1110" * 10, "sw": "1100" * 10}  # zero-shot 0.625
BASELINE = {"en": "1" * 40, "zh": "1000" * 10, "sw": "0000" * 10}  # zero-shot 0.125
COST = {"training_rows": 100, "parameters": 4_000_000, "trained_parameters": 1_000_000, "model_bytes": 16_000_000}


def ids(domain: str, marks: str) -> list[str]:
    """Return the ids of test rows, the same in all targets.

    The source's ids differ: targets are parallel.
    """
    return [f"{'article' if domain == 'en' else 'brief'}-{n:03d}" for n in range(len(marks))]


def scored_task(model: dict[str, str], baseline: dict[str, str], **languages: str) -> tuple[dict, pd.DataFrame]:
    """Return metrics.json and predictions.

    The first domain is the source; by default each domain has its own language.
    """
    frames = {}
    for domain, marks in model.items():
        labels = np.array(LABELS * len(marks))[: len(marks)]
        wrong = np.where(labels == "a", "b", "a")
        predicted, by_baseline = (
            np.where([mark == "1" for mark in marks_by_domain[domain]], labels, wrong)
            for marks_by_domain in (model, baseline)
        )
        frames[domain] = pd.DataFrame(
            {
                "id": ids(domain, marks),
                "domain": domain,
                "label": labels,
                "prediction": predicted,
                "probabilities": [{label: 0.9 if label == one else 0.1 for label in LABELS} for one in predicted],
                "baseline": by_baseline,
            }
        )
    language = {domain: languages.get(domain.replace("-", "_"), domain) for domain in model}
    metrics = report.compute_scores(frames, language, next(iter(model)), LABELS, 200, 0)
    return {**metrics, "cost": COST}, pd.concat(frames.values(), ignore_index=True)


def ablation_row(
    variant: str, correct: dict[str, str], train_fraction: float = 1.0, seed: int = 0, **changed: object
) -> dict:
    """Return a row of an ablation."""
    name = f"ablation-{variant}-{train_fraction}-{seed}"
    return {
        "variant": variant,
        "train_fraction": train_fraction,
        "seed": seed,
        "experiment": name,
        "commit": "0" * 40,
        "command": f"dvc exp run --name {name}",
        "training_rows": round(100 * train_fraction),
        "cpu_seconds": 60.0 * train_fraction,
        **{size: COST[size] for size in ("parameters", "trained_parameters", "model_bytes")},
        "scores": {domain: {"accuracy": marks.count("1") / len(marks)} for domain, marks in correct.items()},
        "test_ids_digest": {domain: digests.strings_digest(ids(domain, marks)) for domain, marks in correct.items()},
        "correct": correct,
        **changed,
    }


def summarized_task(model=MODEL, baseline=BASELINE, rows=(), modality="text", epochs=2, **languages: str) -> dict:
    """Return a task's part of summary.json; its ablation ran with 2 epochs."""
    metrics, predictions = scored_task(model, baseline, **languages)
    ablation = {"settings": [], "parameters": {"finetune.epochs": 2}, "rows": list(rows)}
    parameters = {"finetune.epochs": epochs}
    return {"modality": modality, **task_summary.summarize_task(metrics, predictions, ablation, parameters, 1000, 0)}


def variant_rows(*names: str) -> list[dict]:
    """Return rows of variants, each with all labels and with a tenth of them.

    Pretrained variants score as MODEL, the others lower.
    """
    weak = {"en": "1110" * 10, "zh": "1000" * 10, "sw": "0000" * 10}
    strong = {"partial": MODEL, "full": MODEL, "head": {**MODEL, "sw": "1000" * 10}}
    return [ablation_row(name, strong.get(name, weak), fraction) for name in names for fraction in (1.0, 0.1)]

"""Score the model on every domain, beside a classical floor, and say how much of the source's score arrives elsewhere.

Reads:  data/models/<task>, data/tokens/<task>
Writes: data/reports/<task>: metrics.json, tables, predictions.parquet and pictures (see stages/shared/report.py).
        Logged to MLflow as a child of the run that wrote the model.
Run:    python -m stages.evaluate <task>
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import softmax

from stages.modalities import Modality, load_modality, load_models
from stages.shared import artifacts, report
from stages.shared.artifacts import CONTENT, ID, INPUT, LABEL, SPLIT, TEST, TRAIN
from stages.shared.command import run_stage, say
from stages.shared.determinism import prepare
from stages.shared.inference import logits
from stages.shared.params import load_task
from stages.shared.tracking import tracked


def main(task_name: str) -> None:
    """Score the model on every domain, beside a classical floor."""
    task, compute = load_task(task_name)
    options = task.evaluate
    models, modality = load_models(task.modality), load_modality(task.modality)
    model_path, tokens_path = artifacts.existing(artifacts.model(task_name)), artifacts.tokens(task_name)
    domains = artifacts.read_domains(tokens_path)
    source, kinds = domains[0].name, {domain.name: domain.kind for domain in domains}
    paths = {domain: artifacts.table(tokens_path, domain) for domain in kinds}
    tables = {domain: artifacts.read_table(path) for domain, path in paths.items()}
    tests = {domain: rows[rows[SPLIT] == TEST].reset_index(drop=True) for domain, rows in tables.items()}
    digests = {path.as_posix(): artifacts.digest(path) for path in (model_path, tokens_path)}

    with tracked("evaluate", task_name, digests, model_digest=digests[model_path.as_posix()]) as run:
        run.parameters({**options.model_dump(), "compute": compute.model_dump()})
        device = prepare(compute.device, compute.threads, options.seed)
        model = models.load(model_path).to(device)
        labels = [model.config.id2label[number] for number in range(model.config.num_labels)]
        floor = _floor(modality, tables[source], tests)
        guesses = {}
        for domain, rows in tests.items():
            outputs = logits(model, list(rows[INPUT]), models.collate, options.batch_size, domain)
            probabilities = softmax(outputs.astype(np.float64), axis=1)
            guesses[domain] = _guesses(rows, domain, labels, probabilities, floor[domain])
            digest = artifacts.digest(paths[domain])
            run.dataset(f"{task_name}/{domain}/{TEST}", rows.drop(columns=INPUT), paths[domain], digest, "testing")
        scores = report.score(guesses, kinds, source, labels, options.bootstrap, options.seed)
        history = pd.read_csv(model_path / artifacts.HISTORY)
        run.metrics(0, report.numbers(scores), run.parents_model())
        run.files(report.write(artifacts.reports(task_name), task_name, scores, guesses, history))
    for line in report.summary(scores):
        say("evaluate", task_name, line)


def _floor(modality: Modality, source: pd.DataFrame, tests: Mapping[str, pd.DataFrame]) -> dict[str, NDArray[Any]]:
    """Guesses of the modality's classical classifier, fitted on the source's training rows, for every test row."""
    train = source[source[SPLIT] == TRAIN]
    fitted = modality.floor().fit(train[CONTENT], train[LABEL])
    return {domain: fitted.predict(rows[CONTENT]) for domain, rows in tests.items()}


def _guesses(
    rows: pd.DataFrame, domain: str, labels: list[str], probabilities: NDArray[np.float64], floor: NDArray[Any]
) -> pd.DataFrame:
    """The columns of predictions.parquet for a domain's rows."""
    return pd.DataFrame(
        {
            ID: rows[ID],
            "domain": domain,
            "truth": rows[LABEL],
            "guess": np.array(labels)[probabilities.argmax(1)],
            "probabilities": [dict(zip(labels, row.tolist(), strict=True)) for row in probabilities.round(6)],
            "floor": floor,
        }
    )


if __name__ == "__main__":
    run_stage(main)

"""Score the model on every domain, beside a classical floor, and say how much of the source's score arrives elsewhere.

A target with shots has a second score, of the model that was adapted to it.

Reads:  data/models/<task>, data/adapted/<task>, data/tokens/<task>; for the model's card manifest.json of
        data/raw/<task>
Writes: data/reports/<task>: metrics.json, tables and pictures (see stages/shared/report.py), mistakes.html, and the
        model's card (README.md); and data/predictions/<task>.parquet. Logged to MLflow as a child of the run that wrote
        the model.
Run:    python -m stages.evaluate <task>
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.pipeline import Pipeline
from transformers import PreTrainedModel

from crossfer.artifacts import digests as hashing
from crossfer.artifacts import io
from crossfer.artifacts import paths as layout
from crossfer.artifacts.paths import CONTENT, ID, INPUT, LABEL, SPLIT, TEST
from crossfer.backbones import described
from crossfer.config.params import load_task
from crossfer.entrypoint import run_stage, say
from crossfer.evaluation import mistakes, report
from crossfer.modeling import weight_delta
from crossfer.modeling.batching import Collate
from crossfer.modeling.inference import logits
from crossfer.modeling.reproducibility import prepare
from crossfer.protocols import load_modality, load_models
from crossfer.reporting import model_card
from crossfer.tracking.run import start_run


def main(task_name: str) -> None:
    """Score the model on every domain, beside a classical floor."""
    task, compute = load_task(task_name)
    options = task.evaluate
    models, modality = load_models(task.modality), load_modality(task.modality)
    model_path, tokens_path = layout.require(layout.model(task_name)), layout.tokens(task_name)
    domains = io.read_domains(tokens_path)
    source, kinds = domains[0].name, {domain.name: domain.kind for domain in domains}
    paths = {domain: layout.table(tokens_path, domain) for domain in kinds}
    training = io.read_json(model_path / layout.TRAINING)
    adapted_path = layout.adapted(task_name)
    adapted = io.read_json(adapted_path / layout.ADAPTED)
    manifest_path = layout.raw(task_name) / layout.MANIFEST
    manifest = io.read_json(manifest_path)
    quality_path = layout.clean(task_name) / layout.QUALITY
    quality = io.read_json(quality_path)
    read = (model_path, adapted_path, tokens_path, manifest_path, quality_path)
    digests = {path.as_posix(): hashing.digest(path) for path in read}

    settings = {**options.model_dump(), "compute": compute.model_dump()}
    with start_run("evaluate", task_name, digests, settings, digests[model_path.as_posix()]) as run:
        device = prepare(compute, options.seed)
        model = models.load(model_path).to(device)
        labels = [model.config.id2label[number] for number in range(model.config.num_labels)]
        floor, floor_seconds = _fitted(modality.baseline(), paths[source], training["rows"])
        guesses = {}
        for domain, path in paths.items():
            found = _scored(path, domain, model, labels, models.collate, options.batch_size, floor)
            guesses[domain] = found
            rows = found.rename(columns={"truth": LABEL})[[ID, LABEL]]
            run.dataset(f"{task_name}/{domain}/{TEST}", rows, path, hashing.digest(path), "testing")
        few_shot = {}
        for domain, shots in adapted.items():
            model = models.load(model_path)
            weight_delta.apply(model, shots["labels"], layout.adapter(adapted_path, domain))
            found = _scored(
                paths[domain], domain, model.to(device), shots["labels"], models.collate, options.batch_size
            )
            few_shot[domain] = report.FewShot(shots["shots"], len(shots["rows"]), shots["labels"], found)
            guesses[domain] = guesses[domain].assign(few_shot=found["guess"])
        scores = report.compute(guesses, kinds, source, labels, options.bootstrap, options.seed, few_shot)
        scores["cost"] = _cost(training, io.weights_size(model_path), floor)
        history = pd.read_csv(model_path / layout.HISTORY)
        run.metrics(0, {**report.flatten(scores), "floor_cpu_seconds": floor_seconds}, run.parents_model)
        run.metrics(0, _scrubbed(quality))
        written = report.write(layout.reports(task_name), task_name, scores, guesses, history)
        io.write_new_table(layout.predictions(task_name), pd.concat(guesses.values(), ignore_index=True))
        page = layout.reports(task_name) / layout.MISTAKES
        mistakes.write(page, task_name, guesses, lambda d, ids: _contents(paths[d], ids), modality.as_html)
        card = layout.reports(task_name) / layout.CARD
        text = model_card.written(task_name, labels, *described(task.backbone), scores, manifest)
        card.write_text(text, encoding="utf-8")
        written += [layout.predictions(task_name), page, card]
        run.files(written)
        run.wrote(*written)
    for line in report.lines(scores):
        say("evaluate", task_name, line)


def _tests(path: Path) -> Iterator[pd.DataFrame]:
    """A domain's test rows, some at a time."""
    for rows in io.read_chunks(path):
        if (tests := rows[rows[SPLIT] == TEST]).size:
            yield tests


def _contents(path: Path, ids: Sequence[str]) -> dict[str, Any]:
    """The contents of some of a domain's test rows, by id."""
    chosen = (rows[rows[ID].isin(ids)] for rows in _tests(path))
    return {identity: content for rows in chosen for identity, content in zip(rows[ID], rows[CONTENT], strict=True)}


def _scored(
    path: Path,
    domain: str,
    model: PreTrainedModel,
    labels: list[str],
    collate: Collate,
    batch_size: int,
    floor: Pipeline | None = None,
) -> pd.DataFrame:
    """What a model with these labels, and the floor, say of a domain's test rows: columns of predictions.parquet."""
    found = []
    for rows in _tests(path):
        outputs = logits(model, list(rows[INPUT]), collate, batch_size, domain)
        guesses = _guesses(rows, domain, labels, softmax(outputs.astype(np.float64), axis=1))
        found.append(guesses if floor is None else guesses.assign(floor=floor.predict(rows[CONTENT])))
    return pd.concat(found, ignore_index=True)


def _fitted(floor: Pipeline, source: Path, ids: list[str]) -> tuple[Pipeline, float]:
    """The classical classifier, fitted on the very rows that the model was trained on, and the CPU seconds it took."""
    rows = io.read_table(source, [ID, CONTENT, LABEL]).set_index(ID).loc[ids]
    start = time.process_time()
    fitted = floor.fit(rows[CONTENT], rows[LABEL])
    return fitted, time.process_time() - start


def _scrubbed(quality: Mapping[str, Any]) -> dict[str, float]:
    """How often each kind of personal data was taken out of a domain's rows."""
    return {
        f"{change}/{domain}": count
        for domain, account in quality.items()
        for change, count in account["changed"].items()
        if change.startswith(layout.SCRUBBED)
    }


def _cost(training: dict[str, Any], size: int, floor: Pipeline) -> dict[str, int]:
    """What model and floor took to train and take to keep; the floor's is its linear part."""
    floor_weights = floor[-1].coef_.size + floor[-1].intercept_.size
    return {
        "training_rows": len(training["rows"]),
        "weights": training["weights"],
        "trained_weights": training["trained_weights"],
        "bytes": size,
        "floor_weights": floor_weights,
        "floor_bytes": floor_weights * floor[-1].coef_.itemsize,
    }


def _guesses(rows: pd.DataFrame, domain: str, labels: list[str], probabilities: NDArray[np.float64]) -> pd.DataFrame:
    """What a model says of some of a domain's rows."""
    return pd.DataFrame(
        {
            ID: rows[ID],
            "domain": domain,
            "truth": rows[LABEL],
            "guess": np.array(labels)[probabilities.argmax(1)],
            "probabilities": [dict(zip(labels, row.tolist(), strict=True)) for row in probabilities.round(6)],
        }
    )


if __name__ == "__main__":
    run_stage(main)

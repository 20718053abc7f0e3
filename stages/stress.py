"""Measure how the model breaks: disturbed contents, probabilities that do not hold, contents out of its scope.

Reads:  data/models/<task>, data/tokens/<task>, data/predictions/<task>.parquet; data/outside
Writes: data/reports/<task>: stress.json, stress.csv (every domain, way and strength), robustness.md and two pictures.
        Logged to MLflow as a child of the run that wrote the model.
Run:    python -m stages.stress <task>
"""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import softmax

from crossfer.artifacts import digests as hashing
from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import INPUT, LABEL, SPLIT, VALIDATION
from crossfer.config.params import load_task
from crossfer.entrypoint import run_stage, say
from crossfer.flatten import flatten
from crossfer.modeling.inference import logits
from crossfer.modeling.reproducibility import prepare
from crossfer.protocols import load_modality, load_models, load_stress
from crossfer.reporting.formatting import interval, points, score
from crossfer.robustness import calibration, confidence, report, scores
from crossfer.robustness.perturbed import STRENGTHS, Logits, PerturbedScorer, drawn
from crossfer.robustness.results import Results
from crossfer.robustness.scores import EVERY, MEAN, chosen
from crossfer.tracking.run import start_run


def main(task_name: str) -> None:
    """Measure how the model breaks."""
    task, compute = load_task(task_name)
    options, models, modality = task.evaluate, load_models(task.modality), load_modality(task.modality)
    stress = load_stress(task.modality)
    model_path, tokens_path = paths.require(paths.model(task_name)), paths.tokens(task_name)
    read = (model_path, tokens_path, paths.predictions(task_name))
    digests = {path.as_posix(): hashing.digest(path) for path in read}
    names = [domain.name for domain in io.read_domains(tokens_path)]
    tables, source = {name: paths.table(tokens_path, name) for name in names}, names[0]

    settings = {**task.stress.model_dump(), **options.model_dump(), "compute": compute.model_dump()}
    with start_run("stress", task_name, digests, settings, digests[model_path.as_posix()]) as run:
        device = prepare(compute.device, compute.threads, options.seed)
        model = models.load(model_path).to(device)
        labels = [model.config.id2label[number] for number in range(model.config.num_labels)]

        def answered(inputs: Sequence[NDArray[Any]], what: str) -> NDArray[np.float32]:
            return logits(model, inputs, models.collate, options.batch_size, what)

        trials = PerturbedScorer(
            modality,
            stress,
            modality.load_cleaner(model_path),
            modality.load_encoder(model_path),
            answered,
            functools.partial(stress.attacked, model, batch_size=options.batch_size),
            labels,
            options.seed,
        )
        answers = [trials.of_domain(drawn(table, task.stress.rows), name) for name, table in tables.items()]
        measured = scores.table(pd.concat(answers), list(stress.WAYS), options.bootstrap, options.seed)
        temperature = calibration.temperature(*_validation(tables[source], labels, answered))
        said = confidence.said(io.read_table(paths.predictions(task_name)), labels, source)
        outside = _sure(trials, stress.outside())
        found = Results(
            task_name,
            task.modality,
            source,
            task.stress.rows,
            measured,
            said,
            confidence.table(said, temperature),
            confidence.out_of_scope(said, source, outside, options.bootstrap, options.seed),
            temperature,
        )
        written = report.write(paths.reports(task_name), found)
        run.metrics(0, flatten(report.summary(found)))
        run.files(written)
        run.wrote(*written)
    for strength in STRENGTHS:
        mean = chosen(measured, EVERY, MEAN, strength)
        lost = f"{points(mean['lost'])} ({interval(mean, 'lost')})"
        say("stress", task_name, f"{strength} disturbances: accuracy {score(mean)}, lost {lost}")


def _validation(source: Path, labels: list[str], answered: Logits) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Logits of the source's validation rows, (rows, labels), and the numbers of their labels, (rows,)."""
    rows = io.read_table(source, [LABEL, SPLIT, INPUT])
    rows = rows[rows[SPLIT] == VALIDATION]
    outputs = answered(list(rows[INPUT]), "validation")
    return outputs.astype(np.float64), np.array([labels.index(label) for label in rows[LABEL]])


def _sure(trials: PerturbedScorer, outside: pd.DataFrame) -> pd.DataFrame:
    """How sure the model is of contents: columns sort, sure (0 where the cleaner refuses one), refused."""
    inputs = trials.cleaned(list(outside["content"]))
    asked = [one for one in inputs if one is not None]
    shares = softmax(trials.logits(asked, "out of scope").astype(np.float64), axis=1).max(1) if asked else []
    refused = np.array([one is None for one in inputs])
    sure = np.zeros(len(inputs))
    sure[~refused] = shares
    return pd.DataFrame({"sort": outside["sort"], "sure": sure, "refused": refused})


if __name__ == "__main__":
    run_stage(main)

"""Measure how the model breaks: perturbed contents, wrong confidence, contents of no label.

Reads:  data/models/<task>, data/tokens/<task>, data/predictions/<task>.parquet; data/out_of_distribution
Writes: data/reports/<task>: stress.json, stress.csv (every domain, perturbation and severity), robustness.md and two
        charts. Logged to MLflow as a child of the run that wrote the model.
Run:    python -m stages.stress <task>
"""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crossfer.artifacts import digests, io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.config.params import load_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.flatten import flatten
from crossfer.modeling import heads
from crossfer.modeling.inference import predict_logits
from crossfer.modeling.reproducibility import set_up_torch
from crossfer.protocols import load_modality, load_models, load_robustness
from crossfer.robustness import calibration, confidence, out_of_distribution, report, scores
from crossfer.robustness.perturbed import PerturbedScorer, draw_rows
from crossfer.robustness.results import Results
from crossfer.tracking.run import start_run


def main(task_name: str) -> None:
    """Measure how the model breaks."""
    task_paths = TaskPaths(task_name)
    task, compute = load_task(task_name)
    options, models, modality = task.evaluate, load_models(task.modality), load_modality(task.modality)
    stress = load_robustness(task.modality)
    model_path, tokens_path = paths.require(task_paths.model), task_paths.tokens
    tables = {domain.name: paths.table(tokens_path, domain.name) for domain in io.read_domains(tokens_path)}
    source, named = next(iter(tables)), task.stress.out_of_distribution
    contents = None if named == "none" else stress.out_of_distribution(named)
    inputs = {path: digests.digest(path) for path in (model_path, tokens_path, task_paths.predictions)}
    if (contents_path := Path(named)).is_file():  # images are named by their kind: they are drawn, and are no file
        inputs[contents_path] = digests.digest(contents_path)

    settings = {**task.stress.model_dump(), **options.model_dump(), "compute": compute.model_dump()}
    input_digests = {path.as_posix(): digest for path, digest in inputs.items()}
    with start_run("stress", task_name, input_digests, settings, inputs[model_path]) as run:
        device = set_up_torch(compute.device, compute.threads, options.seed)
        model = models.load(model_path).to(device)
        labels = heads.label_names(model)

        def answer(contents: Sequence[NDArray[Any]], name: str) -> NDArray[np.float32]:
            return predict_logits(model, contents, models.collate, options.batch_size, name)

        scorer = PerturbedScorer(
            modality,
            stress,
            modality.load_cleaner(model_path),
            modality.load_encoder(model_path),
            answer,
            functools.partial(stress.gradient_attacks, model, batch_size=options.batch_size),
            labels,
            options.seed,
        )
        answers = [
            scorer.of_domain(draw_rows(table, task.stress.rows_per_domain), name) for name, table in tables.items()
        ]
        measured = scores.table(pd.concat(answers), list(stress.PERTURBATIONS), options.bootstrap_samples, options.seed)
        temperature = calibration.temperature(*calibration.validation_logits(tables[source], labels, answer))
        predictions = confidence.group_predictions(io.read_table(task_paths.predictions), labels, source)
        scopes = None
        if contents is not None:
            outside = out_of_distribution.confidences(scorer, contents)
            scopes = confidence.out_of_distribution_table(
                predictions, source, outside, options.bootstrap_samples, options.seed
            )
        results = Results(
            task_name,
            task.modality,
            source,
            task.stress.rows_per_domain,
            measured,
            predictions,
            confidence.table(predictions, temperature),
            named,
            scopes,
            temperature,
        )
        written = report.write(task_paths.reports, results)
        run.log_metrics(0, flatten(report.summary(results)))
        run.log_files(written)
        run.log_outputs(*written)
    for line in report.lines(results):
        print_progress("stress", task_name, line)


if __name__ == "__main__":
    run_stage(main)

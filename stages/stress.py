"""Measure robustness to perturbations, calibration and OOD detection.

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
    """Measure the robustness of the task's model."""
    task_paths = TaskPaths(task_name)
    task, compute = load_task(task_name)
    options, stress = task.evaluate, task.stress
    models, modality = load_models(task.modality), load_modality(task.modality)
    robustness = load_robustness(task.modality)
    model_path, tokens_path = paths.require_path(task_paths.model), task_paths.tokens
    tables = {domain.name: paths.table_path(tokens_path, domain.name) for domain in io.read_domains(tokens_path)}
    source = next(iter(tables))
    contents_path = Path(stress.out_of_distribution)
    contents = None if stress.out_of_distribution == "none" else robustness.out_of_distribution(str(contents_path))
    inputs = {path: digests.digest(path) for path in (model_path, tokens_path, task_paths.predictions)}
    if contents_path.is_file():  # out-of-distribution images are generated
        inputs[contents_path] = digests.digest(contents_path)

    settings = {**stress.model_dump(), **options.model_dump(), "compute": compute.model_dump()}
    input_digests = {path.as_posix(): digest for path, digest in inputs.items()}
    with start_run("stress", task_name, input_digests, settings, inputs[model_path]) as run:
        device = set_up_torch(compute.device, compute.threads, options.seed)
        model = models.load(model_path).to(device)
        labels = heads.label_names(model)

        def logits(rows: Sequence[NDArray[Any]], name: str) -> NDArray[np.float32]:
            return predict_logits(model, rows, models.collate, options.batch_size, name)

        scorer = PerturbedScorer(
            modality,
            robustness,
            modality.load_cleaner(model_path),
            modality.load_encoder(model_path),
            logits,
            functools.partial(robustness.gradient_attacks, model, batch_size=options.batch_size),
            labels,
            options.seed,
        )
        scored_rows = [
            scorer.score_domain(draw_rows(table, stress.rows_per_domain), name) for name, table in tables.items()
        ]
        resampling = options.bootstrap_samples, options.seed
        accuracies = scores.accuracy_table(pd.concat(scored_rows), list(robustness.PERTURBATIONS), *resampling)
        temperature = calibration.fit_temperature(
            *calibration.predict_validation_logits(tables[source], labels, logits)
        )
        predictions = confidence.group_predictions(io.read_table(task_paths.predictions), labels, source)
        detection = None
        if contents is not None:
            confidences = out_of_distribution.predict_confidence(scorer, contents)
            detection = out_of_distribution.detection_table(predictions, source, confidences, *resampling)
        results = Results(
            task=task_name,
            modality=task.modality,
            source=source,
            rows_per_domain=stress.rows_per_domain,
            accuracies=accuracies,
            predictions=predictions,
            temperature=temperature,
            calibration=confidence.calibration_table(predictions, temperature),
            contents=stress.out_of_distribution,
            detection=detection,
        )
        written_paths = report.write_reports(task_paths.reports, results)
        run.log_metrics(0, flatten(report.summarize(results)))
        run.log_files(written_paths)
        run.log_outputs(*written_paths)
    for line in report.progress_lines(results):
        print_progress("stress", task_name, line)


if __name__ == "__main__":
    run_stage(main)

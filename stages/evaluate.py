"""Score the model on every domain, next to a baseline, and measure transfer.

A target with shots has a second score, of the model that was adapted to it.

Reads:  data/models/<task>, data/adapted/<task>, data/tokens/<task>, data/clean/<task>/quality.json; for the model card
        data/raw/<task>/manifest.json
Writes: data/reports/<task>: metrics.json, tables, charts, mistakes.html and the model card (README.md,
        LICENSE.md); and data/predictions/<task>.parquet. Logged to MLflow as a child of the run that wrote the model.
Run:    python -m stages.evaluate <task>
"""

import functools

import pandas as pd

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import ID, LABEL, TEST, TaskPaths
from crossfer.backbones import describe_backbone
from crossfer.config.params import load_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.evaluation import report
from crossfer.evaluation.baseline import baseline_size, fit_baseline
from crossfer.evaluation.inputs import read_inputs
from crossfer.evaluation.mistakes import write_mistakes
from crossfer.evaluation.predictions import predict, read_contents
from crossfer.modeling import heads, weight_delta
from crossfer.modeling.reproducibility import set_up_torch
from crossfer.protocols import load_modality, load_models
from crossfer.reporting.model_card import LICENCE_FILE, render_licences, render_model_card
from crossfer.tracking.run import start_run


def main(task_name: str) -> None:
    """Score the model on every domain, next to a baseline."""
    task_paths = TaskPaths(task_name)
    task, compute = load_task(task_name)
    options, models, modality = task.evaluate, load_models(task.modality), load_modality(task.modality)
    inputs = read_inputs(task_paths)
    model_digest, source = inputs.digests[task_paths.model.as_posix()], next(iter(inputs.languages))
    settings = {**options.model_dump(), "compute": compute.model_dump()}
    with start_run("evaluate", task_name, inputs.digests, settings, model_digest) as run:
        device = set_up_torch(compute.device, compute.threads, options.seed)
        model = models.load(task_paths.model).to(device)
        labels = heads.label_names(model)
        score = functools.partial(predict, collate=models.collate, batch_size=options.batch_size)
        baseline, seconds = fit_baseline(modality.baseline(), inputs.tables[source], inputs.training["rows"])
        predictions: dict[str, pd.DataFrame] = {}
        for domain, table in inputs.tables.items():
            rows = predictions[domain] = score(table, domain, model, labels, baseline=baseline)
            dataset = f"{task_name}/{domain}/{TEST}"
            run.log_dataset(dataset, rows[[ID, LABEL]], table, inputs.table_digests[domain], "testing")
        few_shot = {}
        for domain, shots in inputs.adapted.items():
            model = models.load(task_paths.model)
            weight_delta.apply_delta(model, shots["labels"], paths.weight_delta_path(task_paths.adapted, domain))
            rows = score(inputs.tables[domain], domain, model.to(device), shots["labels"])
            few_shot[domain] = report.FewShot(shots["shots"], len(shots["rows"]), shots["labels"], rows)
            predictions[domain] = predictions[domain].assign(few_shot=rows["prediction"])

        scores = report.compute_scores(
            predictions, inputs.languages, source, labels, options.bootstrap_samples, options.seed, few_shot
        )
        for domain, fraction in inputs.truncated.items():
            scores["domains"][domain]["truncated_fraction"] = fraction
        scores["cost"] = report.model_cost(inputs.training, io.weights_size(task_paths.model)) | baseline_size(baseline)
        run.log_metrics(0, {**report.mlflow_metrics(scores), "baseline_cpu_seconds": seconds}, model_digest)
        run.log_metrics(0, report.scrubbed_rows(inputs.quality))
        written_paths = report.write_reports(task_paths.reports, task_name, scores, predictions, inputs.history)
        io.write_table(task_paths.predictions, pd.concat(predictions.values(), ignore_index=True))
        mistakes_path = task_paths.reports / paths.MISTAKES_FILE
        write_mistakes(
            mistakes_path,
            task_name,
            predictions,
            lambda domain, ids: read_contents(inputs.tables[domain], ids),
            modality.as_html,
        )
        backbone, auto_classes = describe_backbone(task.backbone), type(model).__module__.startswith("transformers.")
        texts = {
            paths.MODEL_CARD_FILE: render_model_card(
                task_name, task.modality, labels, backbone, scores, inputs.manifest, auto_classes=auto_classes
            ),
            LICENCE_FILE: render_licences(task_name, backbone, scores, inputs.manifest),
        }
        for name, text in texts.items():
            with io.replace_file(task_paths.reports / name) as file:
                file.write_text(text, encoding="utf-8")
        written_paths += [task_paths.predictions, mistakes_path, *(task_paths.reports / name for name in texts)]
        run.log_files(written_paths)
        run.log_outputs(*written_paths)
    for line in report.progress_lines(scores):
        print_progress("evaluate", task_name, line)


if __name__ == "__main__":
    run_stage(main)

"""Score the model on every domain, next to a baseline, and measure how much of the source's score transfers.

A target with shots has a second score, of the model that was adapted to it.

Reads:  data/models/<task>, data/adapted/<task>, data/tokens/<task>, data/clean/<task>/quality.json; for the model card
        data/raw/<task>/manifest.json
Writes: data/reports/<task>: metrics.json, tables, charts, mistakes.html and the model card (README.md); and
        data/predictions/<task>.parquet. Logged to MLflow as a child of the run that wrote the model.
Run:    python -m stages.evaluate <task>
"""

import functools

import pandas as pd

from crossfer.artifacts import digests, io, paths
from crossfer.artifacts.paths import ID, LABEL, TEST, TaskPaths
from crossfer.backbones import describe_backbone
from crossfer.config.params import load_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.evaluation import baseline, mistakes, predictions, report
from crossfer.modeling import heads, weight_delta
from crossfer.modeling.reproducibility import set_up_torch
from crossfer.protocols import load_modality, load_models
from crossfer.reporting import model_card
from crossfer.tracking.run import start_run


def main(task_name: str) -> None:
    """Score the model on every domain, next to a baseline."""
    task_paths = TaskPaths(task_name)
    task, compute = load_task(task_name)
    options, models, modality = task.evaluate, load_models(task.modality), load_modality(task.modality)
    model_path, adapted_path = paths.require(task_paths.model), task_paths.adapted
    tokens_path, reports_path = task_paths.tokens, task_paths.reports
    manifest_path, quality_path = task_paths.raw / paths.MANIFEST, task_paths.clean / paths.QUALITY
    kinds = {domain.name: domain.kind for domain in io.read_domains(tokens_path)}
    tables, source = {domain: paths.table(tokens_path, domain) for domain in kinds}, next(iter(kinds))
    training, adapted = io.read_json(model_path / paths.TRAINING), io.read_json(adapted_path / paths.ADAPTED)
    manifest, quality = io.read_json(manifest_path), io.read_json(quality_path)
    token_digests = digests.file_digests(tokens_path)
    inputs = {path: digests.digest(path) for path in (model_path, adapted_path, manifest_path, quality_path)}
    inputs[tokens_path] = digests.folder_digest(token_digests)

    settings = {**options.model_dump(), "compute": compute.model_dump()}
    input_digests = {path.as_posix(): digest for path, digest in inputs.items()}
    with start_run("evaluate", task_name, input_digests, settings, inputs[model_path]) as run:
        device = set_up_torch(compute.device, compute.threads, options.seed)
        model = models.load(model_path).to(device)
        labels = heads.label_names(model)
        predict = functools.partial(predictions.predict, collate=models.collate, batch_size=options.batch_size)
        fitted, baseline_seconds = baseline.fit(modality.baseline(), tables[source], training["rows"])
        by_domain: dict[str, pd.DataFrame] = {}
        for domain, table in tables.items():
            rows = by_domain[domain] = predict(table, domain, model, labels, baseline=fitted)
            tests = rows[[ID, LABEL]]
            run.log_dataset(f"{task_name}/{domain}/{TEST}", tests, table, token_digests[table.name], "testing")
        few_shot = {}
        for domain, shots in adapted.items():
            model = models.load(model_path)
            weight_delta.apply(model, shots["labels"], paths.weight_delta(adapted_path, domain))
            rows = predict(tables[domain], domain, model.to(device), shots["labels"])
            few_shot[domain] = report.FewShot(shots["shots"], len(shots["rows"]), shots["labels"], rows)
            by_domain[domain] = by_domain[domain].assign(few_shot=rows["prediction"])

        scores = report.compute(by_domain, kinds, source, labels, options.bootstrap_samples, options.seed, few_shot)
        scores["cost"] = report.cost(training, io.weights_size(model_path)) | baseline.size(fitted)
        run.log_metrics(0, {**report.flatten(scores), "baseline_cpu_seconds": baseline_seconds}, inputs[model_path])
        run.log_metrics(0, report.scrubbed(quality))
        written = report.write(reports_path, task_name, scores, by_domain, pd.read_csv(model_path / paths.HISTORY))
        io.write_table(task_paths.predictions, pd.concat(by_domain.values(), ignore_index=True))
        mistakes.write(
            reports_path / paths.MISTAKES,
            task_name,
            by_domain,
            lambda domain, ids: predictions.contents(tables[domain], ids),
            modality.as_html,
        )
        card = model_card.text(
            task_name,
            task.modality,
            labels,
            *describe_backbone(task.backbone),
            scores,
            manifest,
            own_network=not type(model).__module__.startswith("transformers."),
        )
        with io.replace_file(reports_path / paths.MODEL_CARD) as new:
            new.write_text(card, encoding="utf-8")
        written += [task_paths.predictions, reports_path / paths.MISTAKES, reports_path / paths.MODEL_CARD]
        run.log_files(written)
        run.log_outputs(*written)
    for line in report.lines(scores):
        print_progress("evaluate", task_name, line)


if __name__ == "__main__":
    run_stage(main)

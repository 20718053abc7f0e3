"""Export the trained classifier as an int8 ONNX graph that serves it, and report what that changes in every domain.

With compress.student_layers a student with fewer layers is distilled first, from the training rows of all domains and a
file of texts. No label decides anything: the student learns the model's own predictions, and the layers kept in fp32
are chosen by the predictions that change.

Reads:  data/models/<task>, data/tokens/<task>, data/predictions/<task>.parquet; for the model card metrics.json of
        data/reports/<task> and manifest.json of data/raw/<task>; the file that compress.unlabelled_texts names
Writes: data/onnx/<task>: the graph, its labels, the encoder, and a model card (README.md); and
        data/reports/<task>/compress.json: accuracy and agreement in each domain, and size. Logged to MLflow, with the
        int8 model, below the run that wrote the model.
Run:    python -m stages.compress <task>
"""

import shutil
import tempfile
from pathlib import Path

from crossfer.artifacts import digests, io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.backbones import describe_backbone
from crossfer.compression import distillation, mixed_precision, onnx_export, parity, report
from crossfer.compression.candidates import Candidates
from crossfer.compression.scoring import Scorer, calibration_batches
from crossfer.config.params import load_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.protocols import load_compression, load_modality, load_models
from crossfer.reporting import metrics
from crossfer.reporting.model_card import render_model_card
from crossfer.tracking.models import ONNX, ServedModel
from crossfer.tracking.run import start_run


def main(task_name: str) -> None:
    """Export the trained classifier as an int8 ONNX graph, and report what that changes."""
    task_paths = TaskPaths(task_name)
    task, compute = load_task(task_name)
    options, modality, models = task.compress, load_modality(task.modality), load_models(task.modality)
    model, tokens = paths.require(task_paths.model), task_paths.tokens
    encoder = paths.require(tokens / paths.ENCODER)
    metrics_file, manifest_file = task_paths.reports / paths.METRICS, task_paths.raw / paths.MANIFEST
    evaluated, manifest = io.read_json(metrics_file), io.read_json(manifest_file)
    predictions = io.read_table(task_paths.predictions)
    read = [model, tokens, task_paths.predictions, metrics_file, manifest_file]
    read += [distillation.require_file(Path(path)) for path in options.paths]
    inputs = {path.as_posix(): digests.digest(path) for path in read}

    domains = io.read_domains(tokens)
    source, languages = domains[0].name, {domain.name: domain.language for domain in domains}
    tables = {name: paths.table(tokens, name) for name in languages}
    labels = list(predictions["probabilities"].iloc[0])
    rows = {name: predictions[predictions["domain"] == name] for name in languages}
    fp32 = {name: metrics.probability_matrix(table, labels) for name, table in rows.items()}
    scorer = Scorer(modality.load_encoder(encoder), compute.threads)
    batches = calibration_batches(scorer.encoder, tables[source], options.calibration_rows, options.seed)

    settings = {**options.model_dump(), "compute": compute.model_dump()}
    with start_run("compress", task_name, inputs, settings, inputs[model.as_posix()]) as run:
        with io.replace_folder(task_paths.onnx) as folder, tempfile.TemporaryDirectory() as scratch:
            student = options.student_options
            exported, graph, int8_graph = model, Path(scratch) / "fp32.onnx", folder / paths.GRAPH
            if student:
                exported = Path(scratch) / "student"
                student["rows"] = distillation.write_student(
                    model, exported, tables, modality, models, compute, options.seed, **student
                )
            graphs = load_compression(task.modality)
            graphs.export(exported, graph, batches[0])
            difference = parity.check(graph, exported, models, scorer, tables)
            candidates = Candidates(graphs, graph, batches, scorer, tables)
            fp32_layers, int8 = mixed_precision.search(
                candidates.blocks,
                candidates.score_fp32() if student else fp32,
                lambda kept: candidates.write(int8_graph, kept),
                candidates.sensitivity,
                options.max_disagreement,
                lambda line: print_progress("compress", task_name, line),
            )
            scores = report.score(
                rows, languages, source, fp32, int8, labels, task.evaluate.bootstrap_samples, task.evaluate.seed
            )
            scores |= report.sizes(io.weights_size(model), onnx_export.size(int8_graph), fp32_layers)
            scores |= {"student": student} if student else {}
            shutil.copytree(encoder, folder, dirs_exist_ok=True)
            io.write_json(folder / paths.DESCRIPTION, {"modality": task.modality, "labels": labels})
            backbone = describe_backbone(task.backbone)
            card = render_model_card(task_name, task.modality, labels, backbone, evaluated, manifest, scores)
            (folder / paths.MODEL_CARD).write_text(card, encoding="utf-8")
        outputs = [task_paths.onnx, task_paths.compression_report]
        io.write_json(outputs[1], scores)
        run.log_metrics(0, report.numbers(scores) | report.largest_changes(fp32, int8) | {"graph_error": difference})
        run.log_files([outputs[1]])
        example = next(io.read_chunks(tables[source]))[paths.CONTENT].iloc[0]
        digest, _ = run.log_outputs(*outputs)
        run.log_model(f"{task_name}-onnx", digest, ServedModel(outputs[0], ONNX, modality.PACKAGES, example))
    for line in report.summary(scores):
        print_progress("compress", task_name, line)


if __name__ == "__main__":
    run_stage(main)

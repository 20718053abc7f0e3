"""Export the trained classifier as an int8 ONNX graph, and report the changes.

With compress.student_layers, the stage first distills a student with fewer layers, from the training rows of all
domains and a file of texts. It uses no labels: the student learns the model's predictions, and the layers to keep in
fp32 are chosen by the predictions that change.

Reads:  data/models/<task>, data/tokens/<task>, data/predictions/<task>.parquet; for the model card metrics.json of
        data/reports/<task> and manifest.json of data/raw/<task>; the file that compress.unlabelled_texts names
Writes: data/onnx/<task>: the graph, its labels, the encoder, and a model card (README.md, LICENSE.md);
        and data/reports/<task>/compress.json: accuracy and agreement in each domain, and size. Logged to MLflow, with
        the int8 model, as a child of the run that wrote the model.
Run:    python -m stages.compress <task>
"""

import functools
import shutil
import tempfile
from pathlib import Path

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.backbones import describe_backbone
from crossfer.compression import distillation, mixed_precision, onnx_export, parity, report
from crossfer.compression.graph_runner import GraphRunner, calibration_batches
from crossfer.compression.inputs import read_inputs
from crossfer.compression.mixed_precision import LayerQuantizer
from crossfer.config.params import load_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.protocols import load_compression, load_modality, load_models
from crossfer.reporting.model_card import LICENCE_FILE, render_licences, render_model_card
from crossfer.tracking.models import ONNX, ServedModel
from crossfer.tracking.run import start_run


def main(task_name: str) -> None:
    """Export the trained classifier as an int8 ONNX graph, and report the changes."""
    task_paths = TaskPaths(task_name)
    task, compute = load_task(task_name)
    options, modality, models = task.compress, load_modality(task.modality), load_models(task.modality)
    compression = load_compression(task.modality)
    encoder = task_paths.tokens / paths.ENCODER_FOLDER
    inputs = read_inputs(task_paths, options.paths)
    source_table = inputs.tables[inputs.source]
    runner = GraphRunner(modality.load_encoder(paths.require_path(encoder)), inputs.tables, compute.threads)
    batches = calibration_batches(runner.encoder, source_table, options.calibration_rows, options.seed)

    log = functools.partial(print_progress, "compress", task_name)
    settings = {**options.model_dump(), "compute": compute.model_dump()}
    parent_digest = inputs.digests[task_paths.model.as_posix()]
    with start_run("compress", task_name, inputs.digests, settings, parent_digest) as run:
        with io.replace_folder(task_paths.onnx) as folder, tempfile.TemporaryDirectory() as scratch:
            student = options.student_options
            exported_folder = task_paths.model
            fp32_graph, int8_graph = Path(scratch) / "fp32.onnx", folder / paths.GRAPH_FILE
            if student:
                exported_folder = Path(scratch) / "student"
                student["rows"] = distillation.write_student(
                    task_paths.model, exported_folder, inputs.tables, modality, models, compute, options.seed, **student
                )
            compression.export(exported_folder, fp32_graph, batches[0])
            difference = parity.check_parity(fp32_graph, exported_folder, models, runner)
            quantizer = LayerQuantizer(compression, runner, fp32_graph, int8_graph, batches)
            fp32 = runner.predict_tests(fp32_graph) if student else inputs.fp32_probabilities
            fp32_layers, int8 = mixed_precision.find_fp32_layers(quantizer, fp32, options.max_disagreement, log)
            scores = report.compute_scores(inputs, int8, task.evaluate.bootstrap_samples, task.evaluate.seed)
            scores |= report.compute_sizes(io.weights_size(task_paths.model), onnx_export.file_size(int8_graph))
            scores |= {"fp32_layers": fp32_layers} | ({"student": student} if student else {})
            shutil.copytree(encoder, folder, dirs_exist_ok=True)
            io.write_json(folder / paths.CLASSIFIER_FILE, {"modality": task.modality, "labels": inputs.labels})
            backbone = describe_backbone(task.backbone)
            card_scores = report.add_macro_f1(scores, inputs, int8)
            card = render_model_card(
                task_name, task.modality, inputs.labels, backbone, inputs.metrics, inputs.manifest, card_scores
            )
            licences = render_licences(task_name, backbone, inputs.metrics, inputs.manifest, scores)
            (folder / paths.MODEL_CARD_FILE).write_text(card, encoding="utf-8")
            (folder / LICENCE_FILE).write_text(licences, encoding="utf-8")
        outputs = [task_paths.onnx, task_paths.compression_report]
        io.write_json(outputs[1], scores)
        run.log_metrics(
            0, {**report.metrics_to_log(scores, inputs.fp32_probabilities, int8), "graph_error": difference}
        )
        run.log_files([outputs[1]])
        example = next(io.read_chunks(source_table))[paths.CONTENT].iloc[0]
        digest, _ = run.log_outputs(*outputs)
        run.log_model(f"{task_name}-onnx", digest, ServedModel(outputs[0], ONNX, modality.PACKAGES, example))
    for line in report.progress_lines(scores):
        log(line)


if __name__ == "__main__":
    run_stage(main)

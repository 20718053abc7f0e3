"""Train a classifier on the source: the backbone, partly frozen, with a new head.

Reads:  data/tokens/<task>/<source>.parquet, data/tokens/<task>/encoder, the backbone. No target is opened.
Writes: data/models/<task>: a Hugging Face model with label names and the encoder's files, history.csv, and
        training.json (ids of the training rows, number of trained parameters). Logged to MLflow.
Run:    python -m stages.finetune <task>      (torchrun -m stages.finetune <task> for processes on several machines)
"""

import shutil
import time
from pathlib import Path

from transformers import PreTrainedModel

from crossfer.artifacts import digests, io, paths
from crossfer.artifacts.paths import CONTENT, ID, INPUT, LABEL, SPLIT, TRAIN, VALIDATION, TaskPaths
from crossfer.backbones import digest_backbone, locate_backbone
from crossfer.config.params import Compute, Task, load_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.modeling import distributed
from crossfer.modeling.reproducibility import set_up_torch
from crossfer.modeling.sampling import training_rows
from crossfer.protocols import load_modality, load_models
from crossfer.tracking.models import TORCH, ServedModel
from crossfer.tracking.run import start_run
from crossfer.training import checkpoints
from crossfer.training.fit import FitResult, fit
from crossfer.training.history_callback import Record
from crossfer.training.noise_augmentation import add_noisy_copies
from crossfer.training.step_plan import StepPlan


def main(task_name: str) -> None:
    """Train a classifier on the source."""
    task, compute = load_task(task_name)
    if task.finetune.processes > 1 and not distributed.is_launched():
        distributed.launch_processes(main, task_name, task.finetune.processes)
        return
    backbone_path = locate_backbone(task.backbone)
    with distributed.process_group(compute.device, compute.threads):
        _finetune(task_name, task, compute, backbone_path)


def _finetune(task_name: str, task: Task, compute: Compute, backbone_path: Path) -> None:
    """Train a classifier in all processes of the group; process 0 writes and logs it."""
    task_paths = TaskPaths(task_name)
    options, models, modality = task.finetune, load_models(task.modality), load_modality(task.modality)
    source_path = paths.table_path(task_paths.tokens, task.source.domain)
    encoder_path = paths.require_path(task_paths.tokens / paths.ENCODER_FOLDER)
    source = io.read_table(source_path, [ID, LABEL, SPLIT, INPUT, *([CONTENT] if options.noise_fraction else [])])
    labels = sorted(source[LABEL].unique())
    training = training_rows(source, options.seed, options.train_fraction)
    validation = source[source[SPLIT] == VALIDATION]
    rows = add_noisy_copies(training, task.modality, encoder_path, options.noise_fraction, options.seed)

    def train(record: Record, checkpoint_dir: Path | None) -> tuple[PreTrainedModel, FitResult]:
        device = set_up_torch(compute.device, compute.threads, options.seed)
        model = models.build(backbone_path, labels, options.weights).to(device)
        return model, fit(model, models, rows, validation, options, record, checkpoint_dir)

    if distributed.rank() > 0:
        train(lambda *_: None, None)
        return
    inputs = {path.as_posix(): digests.digest(path) for path in (source_path, encoder_path)}
    inputs["backbone"] = digest_backbone(task.backbone, backbone_path)
    settings = {"backbone": task.backbone.model_dump(), "compute": compute.model_dump(), **options.model_dump()}
    with (
        start_run("finetune", task_name, inputs, settings) as run,
        checkpoints.checkpoint_dir(f"{run.fingerprint}-{distributed.world_size()}") as checkpoint_dir,
    ):
        for split, table, context in ((TRAIN, training, "training"), (VALIDATION, validation, "validation")):
            name, digest = f"{task_name}/{task.source.domain}/{split}", inputs[source_path.as_posix()]
            run.log_dataset(name, table[[ID, LABEL]], source_path, digest, context)
        if checkpoint_dir and checkpoints.can_resume(checkpoint_dir):
            print_progress("finetune", task_name, "resumes from its last checkpoint")

        plan = StepPlan(len(rows), options)
        copies = " and a noisy copy of each" if options.noise_fraction else ""
        print_progress("finetune", task_name, f"training on {len(training)} rows{copies}: {plan.describe()}")

        def record(step: int, metrics: dict[str, float]) -> None:
            run.log_metrics(step, metrics)
            if (accuracy := metrics.get("validation_accuracy")) is not None:
                message = f"step {step} of {plan.all_steps}: validation accuracy {100 * accuracy:.1f} %"
                print_progress("finetune", task_name, message)

        model, result = train(record, checkpoint_dir)
        message = "trained {trained_parameters:,} of {parameters:,} parameters".format(**result.sizes)
        print_progress("finetune", task_name, message)
        with io.replace_folder(task_paths.model) as folder:
            model.save_pretrained(folder)
            shutil.copytree(encoder_path, folder, dirs_exist_ok=True)
            result.history.to_csv(folder / paths.HISTORY_FILE, index=False)
            io.write_json(folder / paths.TRAINING_FILE, {**result.sizes, "rows": training[ID].tolist()})
        costs = {"cpu_seconds": time.process_time(), **result.seconds, **result.sizes}
        run.log_metrics(int(result.history["step"].max()), costs)
        example = next(io.read_chunks(source_path))[CONTENT].iloc[0]
        (digest,) = run.log_outputs(task_paths.model)
        run.tag_model(digest)
        served_model = ServedModel(task_paths.model, TORCH, modality.PACKAGES, example, {"modality": task.modality})
        run.log_model(task_name, digest, served_model)


if __name__ == "__main__":
    run_stage(main)

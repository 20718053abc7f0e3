"""Train a classifier on the source: the backbone with a new head, parts of it frozen.

Reads:  data/tokens/<task>/<source>.parquet, data/tokens/<task>/encoder, the backbone. No target is opened.
Writes: data/models/<task>: a Hugging Face model with label names and what prepares contents for it, history.csv, and
        training.json: which rows it was trained on, and how much of it. Logged to MLflow.
Run:    python -m stages.finetune <task>      (or torchrun -m stages.finetune <task>, on as many machines as it is told)
"""

import shutil
import time
from pathlib import Path

import pandas as pd
from transformers import PreTrainedModel

from crossfer.artifacts import digests as hashing
from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import CONTENT, ID, INPUT, LABEL, SPLIT, TRAIN, VALIDATION
from crossfer.backbones import located
from crossfer.config.params import Compute, Task, load_task
from crossfer.entrypoint import run_stage, say
from crossfer.modeling import distributed, sampling
from crossfer.modeling.reproducibility import prepare
from crossfer.protocols import load_modality, load_models
from crossfer.tracking.models import TORCH
from crossfer.tracking.run import start_run
from crossfer.training import checkpoints
from crossfer.training.fit import Record, fit
from crossfer.training.noisy_copies import with_noise


def main(task_name: str) -> None:
    """Train a classifier on the source: the backbone with a new head, parts of it frozen."""
    task, compute = load_task(task_name)
    options = task.finetune
    backbone = located(task.backbone)
    if options.processes > 1 and not distributed.launched():
        distributed.launch("stages.finetune", task_name, options.processes)
        return
    modality = load_modality(task.modality)
    source_path = paths.table(paths.tokens(task_name), task.source.domain)
    encoder_path = paths.require(paths.tokens(task_name) / paths.ENCODER)
    source = io.read_table(source_path, [ID, LABEL, SPLIT, INPUT, *([CONTENT] if options.noise_of_copies else [])])
    labels = sorted(source[LABEL].unique())
    training = source[source[SPLIT] == TRAIN]
    training = training[sampling.stratified_fraction(training[LABEL], options.rows, options.seed)]
    shown = with_noise(training, task.modality, encoder_path, options.noise_of_copies, options.seed)
    validation = source[source[SPLIT] == VALIDATION]
    if distributed.rank() > 0:
        _trained(task, compute, backbone, labels, shown, validation, lambda *_: None, None)
        return
    digests = {path.as_posix(): hashing.digest(path) for path in (source_path, encoder_path)}
    digests["backbone"] = hashing.digest(backbone)

    settings = {"backbone": task.backbone.model_dump(), "compute": compute.model_dump(), **options.model_dump()}
    with (
        start_run("finetune", task_name, digests, settings) as run,
        checkpoints.checkpoint_dir(f"{run.fingerprint}-{distributed.world_size()}") as kept,
    ):
        for name, rows, context in ((TRAIN, training, "training"), (VALIDATION, validation, "validation")):
            digest = digests[source_path.as_posix()]
            run.dataset(f"{task_name}/{task.source.domain}/{name}", rows[[ID, LABEL]], source_path, digest, context)

        if kept and checkpoints.are_in(kept):
            say("finetune", task_name, "goes on from where it was cut short")

        def record(step: int, numbers: dict[str, float]) -> None:
            run.metrics(step, numbers)
            if "validation_accuracy" in numbers:
                say("finetune", task_name, f"step {step}: validation accuracy {numbers['validation_accuracy']:.1%}")

        model, history, size, seconds = _trained(task, compute, backbone, labels, shown, validation, record, kept)
        say("finetune", task_name, f"{size['trained_weights']:,} of {size['weights']:,} weights were trained")
        with io.replaced_folder(paths.model(task_name)) as folder:
            model.save_pretrained(folder)
            shutil.copytree(encoder_path, folder, dirs_exist_ok=True)
            history.to_csv(folder / paths.HISTORY, index=False)
            io.write_json(folder / paths.TRAINING, {**size, "rows": training[ID].tolist()})
        run.metrics(int(history["step"].max()), {"cpu_seconds": time.process_time(), **seconds, **size})
        example = next(io.read_chunks(source_path))[CONTENT].iloc[0]
        folder = paths.model(task_name)
        (digest,) = run.wrote(folder)
        run.tag_model(digest)
        run.model(task_name, folder, digest, TORCH, modality.PACKAGES, example, {"modality": task.modality})


def _trained(
    task: Task,
    compute: Compute,
    backbone: Path,
    labels: list[str],
    training: pd.DataFrame,
    validation: pd.DataFrame,
    record: Record,
    kept: Path | None,
) -> tuple[PreTrainedModel, pd.DataFrame, dict[str, int], dict[str, float]]:
    """A trained classifier, together with the other processes if there are any; the rest is as `fit` returns it."""
    models, options = load_models(task.modality), task.finetune
    with distributed.process_group(compute.threads):
        device = prepare(compute, options.seed)
        model = models.build(backbone, labels, options.weights).to(device)
        kept = distributed.broadcast(kept) if distributed.one_machine() else None
        return model, *fit(model, models, labels, training, validation, options, record, kept)


if __name__ == "__main__":
    run_stage(main)

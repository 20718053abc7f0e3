"""Train a classifier on the source: the backbone with a new head, parts of it frozen.

Reads:  data/tokens/<task>/<source>.parquet, data/tokens/<task>/encoder, the backbone. No target is opened.
Writes: data/models/<task>: a Hugging Face model with label names and encoder files, and history.csv. Logged to MLflow.
Run:    python -m stages.finetune <task>
"""

import numpy as np
from transformers import PreTrainedModel

from stages.backbones import BACKBONES
from stages.modalities import load_modality, load_models
from stages.shared import artifacts
from stages.shared.artifacts import INPUT, LABEL, SPLIT, TRAIN, VALIDATION
from stages.shared.command import run_stage, say
from stages.shared.determinism import prepare
from stages.shared.params import load_task
from stages.shared.tracking import tracked
from stages.shared.training import Rows, label_weights, train


def main(task_name: str) -> None:
    """Train a classifier on the source: the backbone with a new head, parts of it frozen."""
    task, compute = load_task(task_name)
    options = task.finetune
    models = load_models(task.modality)
    source_path = artifacts.table(artifacts.tokens(task_name), task.source.domain)
    encoder_path = artifacts.tokens(task_name) / artifacts.ENCODER
    source = artifacts.read_table(source_path)
    encoder = load_modality(task.modality).load_encoder(artifacts.existing(encoder_path))
    labels = sorted(source[LABEL].unique())
    rows = {name: source[source[SPLIT] == name] for name in (TRAIN, VALIDATION)}
    backbone = BACKBONES[task.backbone.provider](**task.backbone.model_dump(exclude={"provider"}))
    digests = {path.as_posix(): artifacts.digest(path) for path in (source_path, encoder_path)}
    digests["backbone"] = artifacts.digest(backbone)

    with tracked("finetune", task_name, digests) as run:
        settings = {"backbone": task.backbone.model_dump(), "compute": compute.model_dump(), **options.model_dump()}
        run.parameters(settings)
        for name, context in ((TRAIN, "training"), (VALIDATION, "validation")):
            table = rows[name].drop(columns=INPUT)
            digest = digests[source_path.as_posix()]
            run.dataset(f"{task_name}/{task.source.domain}/{name}", table, source_path, digest, context)

        def record(step: int, numbers: dict[str, float]) -> None:
            run.metrics(step, numbers)
            if "validation_accuracy" in numbers:
                say("finetune", task_name, f"step {step}: validation accuracy {numbers['validation_accuracy']:.1%}")

        device = prepare(compute.device, compute.threads, options.seed)
        model = models.load(backbone, labels).to(device)
        models.freeze(model, **options.freeze.model_dump())
        say("finetune", task_name, _size(model))
        numbers = {name: np.searchsorted(labels, part[LABEL]).astype(np.int64) for name, part in rows.items()}
        count = len(rows[TRAIN])
        every = [*rows[TRAIN][INPUT], *rows[VALIDATION][INPUT]]
        with models.frozen_once(model, every, options.batch_size) as inputs:
            history = train(
                model,
                Rows(inputs[:count], numbers[TRAIN]),
                Rows(inputs[count:], numbers[VALIDATION]),
                models.collate,
                record,
                label_weights=label_weights(numbers[TRAIN], options.label_weights),
                **options.model_dump(exclude={"freeze", "label_weights"}),
            )
        folder = artifacts.new_folder(artifacts.model(task_name))
        model.save_pretrained(folder)
        encoder.save(folder)
        history.to_csv(folder / artifacts.HISTORY, index=False)
        example = rows[VALIDATION][artifacts.CONTENT].iloc[0]
        run.model(task_name, folder, artifacts.digest(folder), task.modality, example)


def _size(model: PreTrainedModel) -> str:
    """How much of the model is trained."""
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    trained = sum(size for size, is_trained in sizes if is_trained)
    return f"{trained:,} of {sum(size for size, _ in sizes):,} weights are trained"


if __name__ == "__main__":
    run_stage(main)

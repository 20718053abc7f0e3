"""Train a classifier on the source: the backbone with a new head, parts of it frozen.

Reads:  data/tokens/<task>/<source>.parquet, data/tokens/<task>/encoder, the backbone. No target is opened.
Writes: data/models/<task>: a Hugging Face model with label names and encoder files, and history.csv. Logged to MLflow.
Run:    python -m stages.finetune <task>
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
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
    digests = {path.as_posix(): artifacts.digest(path) for path in (source_path, encoder_path)}

    with tracked("finetune", task_name, digests) as run:
        run.parameters(
            {"backbone": task.backbone.model_dump(), "compute": compute.model_dump(), **options.model_dump()}
        )
        for name, part in rows.items():
            run.dataset(
                f"{task_name}/{task.source.domain}/{name}",
                part.drop(columns=INPUT),
                source_path,
                digests[source_path.as_posix()],
                {TRAIN: "training", VALIDATION: "validation"}[name],
            )
        device = prepare(compute.device, compute.threads, options.seed)
        backbone = BACKBONES[task.backbone.provider](**task.backbone.model_dump(exclude={"provider"}))
        model = models.load(backbone, labels).to(device)
        models.freeze(model, **options.freeze.model_dump())
        say("finetune", task_name, _size(model))
        order = [*rows[TRAIN][INPUT], *rows[VALIDATION][INPUT]]
        with models.frozen_once(model, order, options.batch_size) as inputs:
            count = len(rows[TRAIN])
            history = train(
                model,
                Rows(inputs[:count], _numbers(rows[TRAIN], labels)),
                Rows(inputs[count:], _numbers(rows[VALIDATION], labels)),
                models.collate,
                lambda step, numbers: run.metrics(numbers, step),
                label_weights=label_weights(_numbers(rows[TRAIN], labels), options.label_weights),
                **options.model_dump(exclude={"freeze", "label_weights"}),
            )
        folder = artifacts.new_folder(artifacts.model(task_name))
        model.save_pretrained(folder)
        encoder.save(folder)
        history.to_csv(folder / artifacts.HISTORY, index=False)
        example = rows[VALIDATION][artifacts.CONTENT].iloc[0]
        run.model(task_name, folder, artifacts.digest(folder), task.modality, example)
        final = history.dropna(subset="validation_accuracy").iloc[-1]
        say("finetune", task_name, f"validation accuracy {final['validation_accuracy']:.1%} on {task.source.domain}")


def _numbers(rows: pd.DataFrame, labels: list[str]) -> NDArray[np.int64]:
    """The number of each row's label in the sorted labels."""
    return np.searchsorted(labels, rows[LABEL]).astype(np.int64)


def _size(model: PreTrainedModel) -> str:
    """How much of the model is trained."""
    trained = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    return f"{trained / 1e6:.1f} of {sum(p.numel() for p in model.parameters()) / 1e6:.1f} million weights are trained"


if __name__ == "__main__":
    run_stage(main)

"""The estimated time of training does not depend on other programs."""

import time

import numpy as np
from repository import tiny_params
from ruamel.yaml import YAML

from crossfer.backbones import locate_backbone
from crossfer.commands import training_time
from crossfer.commands.training_time import TrainingRows, estimate_seconds
from crossfer.config.params import PARAMS, load_params
from crossfer.protocols import load_models

PAUSE = 0.5  # seconds per step in which the process does not compute


class InterruptedModels:
    """Networks whose training pauses before each batch, as if other programs ran."""

    def __init__(self, models):
        self.models = models

    def __getattr__(self, name):
        return getattr(self.models, name)

    def training_collate(self, **options):
        collate = self.models.training_collate(**options)

        def paused_collate(model, inputs):
            time.sleep(PAUSE)
            return collate(model, inputs)

        return paused_collate


def test_pauses_of_the_process_do_not_count(tmp_path, monkeypatch, tiny_backbone):
    monkeypatch.chdir(tmp_path)
    YAML().dump(tiny_params(tiny_backbone), PARAMS)
    params = load_params()
    task = params.tasks["tiny"]
    rows = TrainingRows(["a", "b"], [np.arange(3, 9, dtype=np.int32)] * 4, ["a", "b"] * 2, 1000, 0)
    steps = task.finetune.epochs * 1000 / task.finetune.batch_size
    monkeypatch.setattr(training_time, "load_models", lambda modality: InterruptedModels(load_models(modality)))
    seconds = estimate_seconds(task, params.compute, locate_backbone(task.backbone), rows)
    assert 0 < seconds < PAUSE * steps / 2

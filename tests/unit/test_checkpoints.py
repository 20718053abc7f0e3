"""An interrupted training resumes and gives exactly the same weights and history."""

import itertools
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from test_training import OPTIONS, labelled_inputs
from test_vision_model import NO_AUGMENTATION

from crossfer.modalities.text import model as text_model
from crossfer.modalities.vision import model as vision_model
from crossfer.modeling import reproducibility
from crossfer.modeling.freezing import freeze
from crossfer.training import checkpoints
from crossfer.training.trainer import LOG_STEPS, LabelledInputs, train


class InterruptionError(Exception):
    """Interrupts a training."""


def text_training(backbone):
    """Return a partly frozen model with dropout, its data and options."""
    reproducibility.set_up_torch("cpu", 1, 0)
    model = text_model.build(backbone, ("a", "b"), "pretrained")
    freeze(model, 1)
    return model, labelled_inputs(60), labelled_inputs(16), {"batch_size": 8, "epochs": 4}


def vision_training(backbone):
    """Return a model with batch norms, its data with random augmentation, and options."""
    reproducibility.set_up_torch("cpu", 1, 0)
    model = vision_model.build(backbone, ("a", "b"), "pretrained")
    freeze(model, 2)
    generator = np.random.default_rng(0)
    images = [generator.integers(0, 256, 3 * 32 * 32, np.uint8) for _ in range(40)]
    augment = {"rotation": 20.0, "elastic": 0.1, "low_resolution_fraction": 0.5, "stroke_width": 1.0}
    collate = vision_model.training_collate(NO_AUGMENTATION | augment)
    return model, LabelledInputs(images, np.arange(40) % 2, collate), None, {"batch_size": 4, "epochs": 3}


MODALITIES = {"text": ("tiny_backbone", text_training), "vision": ("tiny_vision_backbone", vision_training)}


def run_training(parts, checkpoint_dir, last_step=None):
    """Train; raise InterruptionError at the first record from `last_step` on."""
    model, training, validation, changes = parts
    steps = []

    def record(step, metrics):
        steps.append(step)
        if last_step is not None and step >= last_step:
            raise InterruptionError

    options = OPTIONS.model_copy(update=changes)
    history = train(model, training, validation, options, record, seed=0, checkpoint_dir=checkpoint_dir)
    return model, history, steps


@pytest.fixture(scope="module", params=MODALITIES)
def uninterrupted(request):
    """Return a function that makes a training's inputs, its weights and its history."""
    fixture, make = MODALITIES[request.param]
    backbone = request.getfixturevalue(fixture)
    model, history, _ = run_training(make(backbone), None)
    return (lambda: make(backbone)), {name: value.clone() for name, value in model.state_dict().items()}, history


def has_weights(model, weights):
    return all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("interval", [5, 10, 20])
def test_a_training_may_be_interrupted_repeatedly(uninterrupted, tmp_path, monkeypatch, interval):
    """Interrupt after every `interval` steps until the training ends.

    It writes a checkpoint at each possible step.
    """
    make, weights, history = uninterrupted
    monkeypatch.setattr(checkpoints, "MAX_TIME_FRACTION", float("inf"))
    starts = []
    for count in itertools.count():
        try:
            model, resumed_history, steps = run_training(make(), tmp_path, last_step=interval * (count + 1) + 1)
            break
        except InterruptionError:
            checkpoint = checkpoints.find_last_checkpoint(tmp_path)
            starts.append(int(checkpoint.name.split("-")[-1]))
            assert len(list(tmp_path.glob("checkpoint-*"))) == 1
    assert count >= 1 and all(step % LOG_STEPS == 0 for step in starts)
    assert starts == sorted(set(starts))
    assert has_weights(model, weights)
    pd.testing.assert_frame_equal(resumed_history, history, check_exact=True)
    assert steps == list(history["step"])  # also the steps before the checkpoint


def test_a_finished_training_is_not_repeated(uninterrupted, tmp_path):
    make, weights, history = uninterrupted
    run_training(make(), tmp_path)
    model, repeated_history, _ = run_training(make(), tmp_path)
    assert has_weights(model, weights)
    pd.testing.assert_frame_equal(repeated_history, history, check_exact=True)


def test_an_incomplete_checkpoint_is_ignored(uninterrupted, tmp_path, monkeypatch):
    make, weights, _ = uninterrupted
    monkeypatch.setattr(checkpoints, "MAX_TIME_FRACTION", float("inf"))
    with pytest.raises(InterruptionError):
        run_training(make(), tmp_path, last_step=11)
    complete = checkpoints.find_last_checkpoint(tmp_path)
    unmarked = complete.with_name("checkpoint-9999")  # its process was killed while it wrote the files
    unmarked.mkdir()
    (unmarked / "model.safetensors").write_bytes(b"half")
    partly_removed = complete.with_name("checkpoint-9998")
    partly_removed.mkdir()
    (partly_removed / checkpoints.COMPLETION_FILE).write_text(json.dumps({"model.safetensors": 10}))
    assert checkpoints.find_last_checkpoint(tmp_path) == complete
    model, _, _ = run_training(make(), tmp_path)
    assert has_weights(model, weights)


def test_a_checkpoint_contains_only_weights_that_training_changes(uninterrupted, tmp_path):
    from safetensors import safe_open

    make, _, _ = uninterrupted
    model, _, _ = run_training(make(), tmp_path)
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    with safe_open(checkpoints.find_last_checkpoint(tmp_path) / "model.safetensors", "pt") as file:
        assert set(file.keys()) == set(model.state_dict()) - frozen
    assert not list(tmp_path.rglob("training_args.bin"))


def test_a_finished_training_removes_its_checkpoints(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    with pytest.raises(InterruptionError), checkpoints.checkpoint_dir("abc") as folder:
        raise InterruptionError
    assert folder.exists() and not checkpoints.can_resume(folder)
    with checkpoints.checkpoint_dir("abc") as repeated:
        assert repeated == folder == tmp_path / ".crossfer/checkpoints/abc"
    assert not folder.exists()


def test_a_second_process_may_open_the_lock_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    lock, rmdir = tmp_path / ".crossfer/checkpoints/abc/lock", os.rmdir

    def create_lock_first(path, **options):  # what the second process does when the folder is empty but still there
        lock.touch()
        rmdir(path, **options)

    with checkpoints.checkpoint_dir("abc"):
        monkeypatch.setattr(os, "rmdir", create_lock_first)
    assert lock.exists()  # so the folder could not be removed
    monkeypatch.undo()
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    with checkpoints.checkpoint_dir("abc") as folder:
        assert folder == lock.parent
    assert not folder.exists()


def test_a_second_process_of_the_same_training_has_no_checkpoints(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    script = "import time; from crossfer.training.checkpoints import checkpoint_dir\n"
    script += "with checkpoint_dir('abc') as folder: print(folder, flush=True); time.sleep(60)"
    first = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout.readline().strip().endswith("abc")
        with checkpoints.checkpoint_dir("abc") as folder:
            assert folder is None
        assert (tmp_path / ".crossfer/checkpoints/abc").exists()
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.communicate()
    with checkpoints.checkpoint_dir("abc") as folder:
        assert folder is not None

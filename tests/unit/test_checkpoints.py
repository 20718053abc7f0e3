"""A training that was cut short goes on from a checkpoint, and comes out the same to the last bit."""

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
from test_training import SETTINGS, rows
from test_vision_model import STILL

from crossfer.modalities.text import model as text_model
from crossfer.modalities.vision import model as vision_model
from crossfer.modeling import reproducibility
from crossfer.modeling.freezing import freeze
from crossfer.training import checkpoints
from crossfer.training.trainer import LOG_EVERY, LabelledInputs, train


class Cut(Exception):  # noqa: N818
    """What a training is cut short by."""


def text(backbone):
    """A model, partly frozen, with dropout, and its rows."""
    reproducibility.set_up_torch("cpu", 1, 0)
    model = text_model.build(backbone, ("a", "b"), "pretrained")
    freeze(model, 1)
    return model, rows(60), rows(16), {"batch_size": 8, "epochs": 4}


def vision(backbone):
    """A model with batch norms, whose pictures are varied by random numbers, and its rows."""
    reproducibility.set_up_torch("cpu", 1, 0)
    model = vision_model.build(backbone, ("a", "b"), "pretrained")
    freeze(model, 2)
    generator = np.random.default_rng(0)
    pictures = [generator.integers(0, 256, 3 * 32 * 32, np.uint8) for _ in range(40)]
    labels = np.arange(40) % 2
    vary = vision_model.training_collate(
        STILL | {"rotation": 20.0, "elastic": 0.1, "low_resolution_fraction": 0.5, "stroke_width": 1.0}
    )
    return model, LabelledInputs(pictures, labels, vary), None, {"batch_size": 4, "epochs": 3}


KINDS = {"text": ("tiny_backbone", text), "vision": ("tiny_vision_backbone", vision)}


def trained(made, checkpoint_dir, cut_at=None):
    """Train; cut short when the step of that number, or a later one, has been recorded."""
    model, seen, validation, changes = made
    recorded = []

    def record(step, numbers):
        recorded.append(step)
        if cut_at is not None and step >= cut_at:
            raise Cut

    history = train(model, seen, validation, record, **{**SETTINGS, **changes, "checkpoint_dir": checkpoint_dir})
    return model, history, recorded


@pytest.fixture(scope="module", params=KINDS)
def undisturbed(request):
    fixture, make = KINDS[request.param]
    backbone = request.getfixturevalue(fixture)
    model, history, _ = trained(make(backbone), None)
    return (lambda: make(backbone)), {name: value.clone() for name, value in model.state_dict().items()}, history


@pytest.mark.parametrize("every", [5, 10, 20])
def test_cut_short_again_and_again(undisturbed, tmp_path, monkeypatch, every):
    """Checkpoints at each step that may have one; cut after `every` further steps, until it is through."""
    make, weights, history = undisturbed
    monkeypatch.setattr(checkpoints, "MAX_TIME_FRACTION", float("inf"))
    starts = []
    for cuts in itertools.count():
        try:
            model, found, recorded = trained(make(), tmp_path, cut_at=every * (cuts + 1) + 1)
            break
        except Cut:
            whole = checkpoints.last_checkpoint(tmp_path)
            starts.append(int(whole.name.split("-")[-1]))
            assert len(list(tmp_path.glob("checkpoint-*"))) == 1
    assert cuts >= 1 and all(step % LOG_EVERY == 0 for step in starts)
    assert starts == sorted(set(starts))
    for name, value in model.state_dict().items():
        assert torch.equal(value, weights[name]), name
    pd.testing.assert_frame_equal(found, history, check_exact=True)
    assert recorded == list(history["step"])  # also those from before the checkpoint


def test_a_training_that_was_through_is_not_done_again(undisturbed, tmp_path):
    make, weights, history = undisturbed
    trained(make(), tmp_path)
    model, found, _ = trained(make(), tmp_path)
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
    pd.testing.assert_frame_equal(found, history, check_exact=True)


def test_half_a_checkpoint_is_not_taken_for_a_whole_one(undisturbed, tmp_path, monkeypatch):
    make, weights, _ = undisturbed
    monkeypatch.setattr(checkpoints, "MAX_TIME_FRACTION", float("inf"))
    with pytest.raises(Cut):
        trained(make(), tmp_path, cut_at=11)
    whole = checkpoints.last_checkpoint(tmp_path)
    later = whole.with_name("checkpoint-9999")  # was about to be written when its process was killed
    later.mkdir()
    (later / "model.safetensors").write_bytes(b"half")
    torn = whole.with_name("checkpoint-9998")  # was about to be removed
    torn.mkdir()
    (torn / checkpoints.COMPLETE).write_text(json.dumps({"model.safetensors": 10}))
    assert checkpoints.last_checkpoint(tmp_path) == whole
    model, _, _ = trained(make(), tmp_path)
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


def test_a_checkpoint_has_of_the_model_what_training_changes(undisturbed, tmp_path):
    from safetensors import safe_open

    make, _, _ = undisturbed
    model, _, _ = trained(make(), tmp_path)
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    with safe_open(checkpoints.last_checkpoint(tmp_path) / "model.safetensors", "pt") as file:
        assert set(file.keys()) == set(model.state_dict()) - frozen
    assert not list(tmp_path.rglob("training_args.bin"))


def test_what_was_kept_is_removed_when_all_went_well(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    with pytest.raises(Cut), checkpoints.checkpoint_dir("abc") as folder:
        raise Cut
    assert folder.exists() and not checkpoints.can_resume(folder)
    with checkpoints.checkpoint_dir("abc") as again:
        assert again == folder == tmp_path / ".crossfer/checkpoints/abc"
    assert not folder.exists()


def test_a_second_process_that_asks_at_the_end_is_no_obstacle(tmp_path, monkeypatch):
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


def test_a_second_process_at_the_same_training_keeps_nothing(tmp_path, monkeypatch):
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

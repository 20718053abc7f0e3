"""`dvc repro`, killed at random moments of every stage, goes on, and what comes out is what nothing disturbed makes."""

import contextlib
import os
import random
import signal
import subprocess
import time

import pytest
from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from repository import STAGES, runs
from ruamel.yaml import YAML, YAMLError
from voluptuous import Invalid

from crossfer.artifacts import digests

pytestmark = pytest.mark.timeout(2400)  # many runs in one fixture

KILLS = 2  # in each stage once its outputs are there, and one before
BEFORE = 0.5  # seconds, at most, that a stage has which never ran


def lock_is_complete(text, stages):
    """Whether dvc.lock is valid and lists these stages."""
    try:
        return stages <= COMPILED_LOCKFILE_SCHEMA(YAML(typ="safe").load(text))["stages"].keys()
    except (YAMLError, Invalid):
        return False


def killed(repository, stage, wait):
    """Kill DVC and the processes it started `wait` seconds after a stage began; return whether the stage was running.

    DVC writes dvc.lock in place. If the kill truncates it, restore it, as a user does with `git restore dvc.lock`.
    """
    lock = repository.folder / "dvc.lock"
    lock_before = lock.read_text() if lock.exists() else None
    stages = set(repository.lock()) if lock_before else set()
    again = ["--force", "--single-item"] if f"{stage}@tiny" in stages else []
    command = ["dvc", "repro", *again, f"{stage}@tiny"]
    process = repository.started(*command, is_forked=True, stderr=subprocess.STDOUT, start_new_session=True)
    assert any(f"Running stage '{stage}@tiny'" in line for line in process.stdout)
    time.sleep(wait)
    under_way = process.poll() is None
    with contextlib.suppress(ProcessLookupError):  # it was through
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()  # until the last process has closed its output
    if lock_before and not lock_is_complete(lock.read_text(), stages):
        lock.write_text(lock_before)
    return under_way


def test_a_truncated_lock_file_is_recognized(repository):
    text = (repository.folder / "dvc.lock").read_text()
    assert lock_is_complete(text, set(repository.lock()))
    assert not any(lock_is_complete(text[:length], set(repository.lock())) for length in (0, 100, len(text) // 2))


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory, never_run, repository):
    """A repository whose pipeline was killed again and again; and what was there each time, but not whole."""
    made, chance, half = never_run.copied(tmp_path_factory.mktemp("killed")), random.Random(7), []
    whole = {out["path"]: out["md5"] for block in repository.lock().values() for out in block["outs"]}
    kills = 0
    for stage in STAGES:
        longest = BEFORE
        for _ in range(1 + KILLS):
            kills += killed(made, stage, chance.uniform(0, longest))
            there = {path: made.folder / path for path in whole if (made.folder / path).exists()}
            half += [path for path, place in there.items() if digests.digest(place) != whole[path]]
            if longest == BEFORE:
                start = time.monotonic()
                made.run("dvc", "repro", f"{stage}@tiny")
                longest = time.monotonic() - start
    made.run("dvc", "repro")
    return made, kills, half


def test_the_same_bytes_come_out(disturbed, repository):
    made, kills, _ = disturbed
    assert kills >= len(STAGES)
    outs = {name: block["outs"] for name, block in repository.lock().items()}
    assert {name: block["outs"] for name, block in made.lock().items()} == outs
    assert "Data and pipelines are up to date" in made.run("dvc", "repro")


def test_nothing_half_written_lies_where_whole_things_do(disturbed):
    _, _, half = disturbed
    assert half == []


def test_nothing_is_left_of_what_was_cut_short(disturbed):
    made, *_ = disturbed
    assert list((made.folder / ".crossfer/outbox").iterdir()) == []
    assert list((made.folder / ".crossfer/checkpoints").iterdir()) == []


def test_no_run_is_left_open_and_those_that_came_again_say_so(disturbed):
    made, *_ = disturbed
    for stage in ("finetune", "evaluate", "stress", "compress"):
        found = runs(made.client(), stage)
        assert {run.info.status for run in found} <= {"FINISHED", "KILLED"}
        first, *others = [run for run in found if run.info.status == "FINISHED"]
        assert "crossfer.reproduced" not in first.data.tags
        assert {run.data.tags["crossfer.reproduced"] for run in others} <= {first.info.run_id}


def test_the_last_good_outputs_come_back(disturbed):
    """Of a change that was killed, the state before it is in DVC's cache."""
    made, *_ = disturbed
    made.commit("reproduced")
    params = YAML(typ="safe").load((made.folder / "params.yaml").read_text())
    params["tasks"]["tiny"]["finetune"] |= {"seed": 5, "epochs": 2000}  # minutes
    made.write_params(params)
    before = {out["path"]: out["md5"] for block in made.lock().values() for out in block["outs"]}
    assert killed(made, "finetune", 3)
    made.run("git", "restore", ".")
    made.run("dvc", "checkout")
    assert {path: digests.digest(made.folder / path) for path in before} == before

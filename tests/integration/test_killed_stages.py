"""`dvc repro` resumes after random kills of every stage and writes the same bytes."""

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

KILLS_AFTER_RUN = 2  # per stage, after its first complete run; one more before it
MAX_FIRST_DELAY = 0.5  # seconds until a stage is killed that has never run


def lock_is_complete(text, stages):
    """Return whether dvc.lock is valid and lists these stages."""
    try:
        return stages <= COMPILED_LOCKFILE_SCHEMA(YAML(typ="safe").load(text))["stages"].keys()
    except (YAMLError, Invalid):
        return False


def kill_stage(repository, stage, delay):
    """Kill a stage `delay` seconds after it began; return whether it was running.

    The kill ends DVC and all processes that it started.

    DVC writes dvc.lock in place. If the kill truncates it, restore it, as a user does with `git restore dvc.lock`.
    """
    lock = repository.folder / "dvc.lock"
    old_lock = lock.read_text() if lock.exists() else None
    stages = set(repository.lock()) if old_lock else set()
    options = ["--force", "--single-item"] if f"{stage}@tiny" in stages else []
    command = ["dvc", "repro", *options, f"{stage}@tiny"]
    process = repository.start_process(*command, is_forked=True, stderr=subprocess.STDOUT, start_new_session=True)
    assert any(f"Running stage '{stage}@tiny'" in line for line in process.stdout)
    time.sleep(delay)
    was_running = process.poll() is None
    with contextlib.suppress(ProcessLookupError):  # it has ended
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()  # until the last process has closed its output
    if old_lock and not lock_is_complete(lock.read_text(), stages):
        lock.write_text(old_lock)
    return was_running


def test_lock_is_complete_detects_truncation(repository):
    text = (repository.folder / "dvc.lock").read_text()
    assert lock_is_complete(text, set(repository.lock()))
    assert not any(lock_is_complete(text[:length], set(repository.lock())) for length in (0, 100, len(text) // 2))


@pytest.fixture(scope="module")
def resumed(tmp_path_factory, never_run, repository):
    """A repository after kills and resumes, the number of kills, damaged outputs.

    The last run of a stage is forced. Otherwise, DVC would restore the outputs from its cache after a kill and leave
    the checkpoint, which only the stage itself removes.
    """
    copy, generator, damaged = never_run.copy_to(tmp_path_factory.mktemp("killed")), random.Random(7), []
    digest_of = {out["path"]: out["md5"] for block in repository.lock().values() for out in block["outs"]}
    kills = 0
    for stage in STAGES:
        max_delay = MAX_FIRST_DELAY
        for _ in range(1 + KILLS_AFTER_RUN):
            kills += kill_stage(copy, stage, generator.uniform(0, max_delay))
            existing = {path: copy.folder / path for path in digest_of if (copy.folder / path).exists()}
            damaged += [path for path, file in existing.items() if digests.digest(file) != digest_of[path]]
            if max_delay == MAX_FIRST_DELAY:
                start = time.monotonic()
                copy.run("dvc", "repro", f"{stage}@tiny")
                max_delay = time.monotonic() - start
        copy.run("dvc", "repro", "--force", "--single-item", f"{stage}@tiny")
    copy.run("dvc", "repro")
    return copy, kills, damaged


def test_resumed_pipeline_writes_the_same_bytes(resumed, repository):
    copy, kills, _ = resumed
    assert kills >= len(STAGES)
    outs = {name: block["outs"] for name, block in repository.lock().items()}
    assert {name: block["outs"] for name, block in copy.lock().items()} == outs
    assert "Data and pipelines are up to date" in copy.run("dvc", "repro")


def test_killed_stages_leave_no_partial_output(resumed):
    _, _, damaged = resumed
    assert damaged == []


def test_resumed_pipeline_leaves_no_outbox_and_no_checkpoint(resumed):
    copy, *_ = resumed
    assert list((copy.folder / ".crossfer/outbox").iterdir()) == []
    assert list((copy.folder / ".crossfer/checkpoints").iterdir()) == []


def test_every_run_ends_and_names_the_run_it_reproduces(resumed):
    copy, *_ = resumed
    for stage in ("finetune", "evaluate", "stress", "compress"):
        stage_runs = runs(copy.client(), stage)
        assert {run.info.status for run in stage_runs} <= {"FINISHED", "KILLED"}
        first, *others = [run for run in stage_runs if run.info.status == "FINISHED"]
        assert "crossfer.reproduced" not in first.data.tags
        assert {run.data.tags["crossfer.reproduced"] for run in others} <= {first.info.run_id}


def test_git_restore_and_dvc_checkout_restore_outputs(resumed):
    """Kill the rerun after a change of parameters, then restore the previous state."""
    copy, *_ = resumed
    copy.commit("reproduced")
    copy.set_params("finetune", seed=5, epochs=2000)  # minutes
    before = {out["path"]: out["md5"] for block in copy.lock().values() for out in block["outs"]}
    assert kill_stage(copy, "finetune", 3)
    copy.run("git", "restore", ".")
    copy.run("dvc", "checkout")
    assert {path: digests.digest(copy.folder / path) for path in before} == before

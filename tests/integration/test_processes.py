"""Several processes train one model: the same one, recorded once; and none is left when one dies."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import psutil
import pytest
from repository import Repository, runs, tiny_vision_params
from ruamel.yaml import YAML
from safetensors.torch import load_file

from crossfer.artifacts import paths
from crossfer.artifacts.paths import TaskPaths

BOUND = 1e-5  # between weights; measured: some 1e-7, the last bits of sums in another order
FINETUNE = ("python", "-m", "stages.finetune", "tiny")


def changed(repository: Repository, **options: object) -> None:
    """Change the tiny task's finetune; no dropout, since what is dropped differs between processes."""
    params = YAML(typ="safe").load((repository.folder / "params.yaml").read_text())
    params["tasks"]["tiny"]["finetune"] |= {"dropout": 0.0, **options}
    repository.write_params(params)


def trained(repository: Repository, *command: str) -> tuple[dict, pd.DataFrame]:
    """The weights and the history that a finetune leaves."""
    repository.run(*(command or FINETUNE))
    folder = repository.folder / TaskPaths("tiny").model
    return load_file(folder / "model.safetensors"), pd.read_csv(folder / paths.HISTORY_FILE)


def test_two_processes_train_what_one_does(tokenized):
    whole = {"averaged_seeds": 2, "class_weights": "balanced", "batch_size": 6}  # 42 rows fill the batches
    changed(tokenized, **whole)
    one, history = trained(tokenized)
    changed(tokenized, **whole, processes=2)
    two, others_history = trained(tokenized)
    torchrun = (str(Path(sys.executable).with_name("torchrun")), "--standalone", "--nproc-per-node=2")
    outside, _ = trained(tokenized, *torchrun, "-m", "stages.finetune", "tiny")
    assert one.keys() == two.keys()
    assert max((one[name] - two[name]).abs().max() for name in one) < BOUND
    for name in one:
        assert two[name].equal(outside[name])
    assert history.shape == others_history.shape
    assert (history - others_history).abs().max().max() < 1e-3
    finetunes = runs(tokenized.client(), "finetune")
    assert len(finetunes) == 3
    assert {run.info.status for run in finetunes} == {"FINISHED"}


def test_batches_must_be_divisible(tokenized):
    changed(tokenized, batch_size=8, processes=3)
    said = tokenized.run(*FINETUNE, status=2)
    assert "tasks.tiny.finetune: batch_size 8 is not a multiple of processes 3; change one of them" in said
    changed(tokenized, batch_size=9)
    torchrun = str(Path(sys.executable).with_name("torchrun"))
    said = tokenized.run(torchrun, "--standalone", "--nproc-per-node=2", "-m", "stages.finetune", "tiny", status=1)
    assert "error: finetune.batch_size is 9, not a multiple of the 2 processes; change one of them." in said


def test_a_mistake_is_said_once(tokenized):
    changed(tokenized, processes=2, freeze=9)
    said = tokenized.run(*FINETUNE, status=2)
    assert said == "error: finetune.freeze is 9, but the backbone has 2 layers; lower it.\n"


def begun(repository: Repository) -> tuple[subprocess.Popen, dict[int, psutil.Process]]:
    """A finetune of two processes that would take minutes, in its training, and its processes by rank."""
    changed(repository, processes=2, epochs=2000)
    process = repository.started(*FINETUNE)
    assert "validation accuracy" in process.stdout.readline()
    children = psutil.Process(process.pid).children()
    workers = [child for child in children if any("spawn_main" in word for word in child.cmdline())]
    workers.sort(key=lambda child: (child.create_time(), child.pid))  # the launcher starts them in this order
    assert len(workers) == 2
    return process, dict(enumerate(workers))


@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_process_ends_all_with_a_sentence(tokenized, rank):
    model = tokenized.folder / TaskPaths("tiny").model
    model.mkdir(parents=True)
    (model / "last").write_text("good")
    process, ranks = begun(tokenized)
    ranks[rank].kill()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert (
        f"error: training process {rank} (of 0 to 1) failed: SIGKILL. No model was written; run the command again."
        in said
    )
    assert "Traceback" not in said
    assert psutil.wait_procs(ranks.values(), timeout=10)[1] == []
    assert (model / "last").read_text() == "good"


def test_none_outlives_the_stage(tokenized):
    process, ranks = begun(tokenized)
    process.kill()
    process.communicate()
    assert psutil.wait_procs(ranks.values(), timeout=20)[1] == []


def test_pictures_too(tokenized, tiny_vision_backbone):
    tokenized.write_params(tiny_vision_params(tiny_vision_backbone))
    changed(tokenized, processes=2)
    for stage in ("ingest", "preprocess", "tokenize", "finetune"):
        tokenized.stage(stage)
    assert (tokenized.folder / TaskPaths("tiny").model / "model.safetensors").exists()

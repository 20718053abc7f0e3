"""Training in several processes gives the same model, and no process outlives it."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import psutil
import pytest
from repository import Repository, runs, tiny_vision_params
from safetensors.torch import load_file

from crossfer.artifacts import paths
from crossfer.artifacts.paths import TaskPaths

TOLERANCE = 1e-5  # difference of weights; sums in another order differ by about 1e-7
FINETUNE = ("python", "-m", "stages.finetune", "tiny")


def write_finetune_params(repository: Repository, **options: object) -> None:
    """Write finetune parameters without dropout.

    The random numbers of dropout differ between processes.
    """
    repository.set_params("finetune", dropout=0.0, **options)


def run_finetune(repository: Repository, *command: str) -> tuple[dict, pd.DataFrame]:
    """Run finetune; return its weights and its history."""
    repository.run(*(command or FINETUNE))
    folder = repository.folder / TaskPaths("tiny").model
    return load_file(folder / "model.safetensors"), pd.read_csv(folder / paths.HISTORY_FILE)


def test_two_processes_train_the_same_model(tokenized):
    options = {"averaged_seeds": 2, "class_weights": "balanced", "batch_size": 6}  # 42 rows fill the batches
    write_finetune_params(tokenized, **options)
    single_process, history = run_finetune(tokenized)
    write_finetune_params(tokenized, **options, processes=2)
    two_processes, two_processes_history = run_finetune(tokenized)
    torchrun = (str(Path(sys.executable).with_name("torchrun")), "--standalone", "--nproc-per-node=2")
    torchrun_weights, _ = run_finetune(tokenized, *torchrun, "-m", "stages.finetune", "tiny")
    assert single_process.keys() == two_processes.keys()
    assert max((single_process[name] - two_processes[name]).abs().max() for name in single_process) < TOLERANCE
    for name in single_process:
        assert two_processes[name].equal(torchrun_weights[name])
    assert history.shape == two_processes_history.shape
    assert (history - two_processes_history).abs().max().max() < 1e-3
    finetunes = runs(tokenized.client(), "finetune")
    assert len(finetunes) == 3
    assert {run.info.status for run in finetunes} == {"FINISHED"}


def test_batch_size_must_be_a_multiple_of_processes(tokenized):
    write_finetune_params(tokenized, batch_size=8, processes=3)
    output = tokenized.run(*FINETUNE, status=2)
    assert "tasks.tiny.finetune: batch_size 8 is not a multiple of processes 3; change one of them" in output
    write_finetune_params(tokenized, batch_size=9)
    torchrun = str(Path(sys.executable).with_name("torchrun"))
    output = tokenized.run(torchrun, "--standalone", "--nproc-per-node=2", "-m", "stages.finetune", "tiny", status=1)
    assert "error: finetune.batch_size is 9, not a multiple of the 2 processes; change one of them." in output


def test_error_is_printed_once(tokenized):
    write_finetune_params(tokenized, processes=2, freeze=9)
    output = tokenized.run(*FINETUNE, status=2)
    assert output == "error: finetune.freeze is 9, but the backbone has 2 layers; lower it.\n"


def start_training(repository: Repository) -> tuple[subprocess.Popen, dict[int, psutil.Process]]:
    """Start a long training in two processes; return the stage and the workers.

    The workers are listed by rank.
    """
    write_finetune_params(repository, processes=2, epochs=2000)
    process = repository.start_process(*FINETUNE)
    assert any("validation accuracy" in line for line in process.stdout)
    children = psutil.Process(process.pid).children()
    workers = [child for child in children if any("spawn_main" in word for word in child.cmdline())]
    workers.sort(key=lambda child: (child.create_time(), child.pid))  # the launcher starts them in this order
    assert len(workers) == 2
    return process, dict(enumerate(workers))


@pytest.mark.parametrize("rank", [0, 1])
def test_killed_process_ends_the_stage(tokenized, rank):
    model = tokenized.folder / TaskPaths("tiny").model
    model.mkdir(parents=True)
    (model / "last").write_text("good")
    process, ranks = start_training(tokenized)
    ranks[rank].kill()
    _, output = process.communicate(timeout=60)
    assert process.returncode == 1
    assert (
        f"error: training process {rank} (of 0 to 1) failed: SIGKILL. No model was written; run the command again."
        in output
    )
    assert "Traceback" not in output
    assert psutil.wait_procs(ranks.values(), timeout=10)[1] == []
    assert (model / "last").read_text() == "good"


def test_killed_stage_ends_its_processes(tokenized):
    process, ranks = start_training(tokenized)
    process.kill()
    process.communicate()
    assert psutil.wait_procs(ranks.values(), timeout=20)[1] == []


def test_two_processes_train_a_vision_model(tokenized, tiny_vision_backbone):
    tokenized.write_params(tiny_vision_params(tiny_vision_backbone))
    write_finetune_params(tokenized, processes=2)
    for stage in ("ingest", "preprocess", "tokenize", "finetune"):
        tokenized.stage(stage)
    assert (tokenized.folder / TaskPaths("tiny").model / "model.safetensors").exists()

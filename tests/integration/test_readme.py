"""The README against the project: every command is run, every path and parameter that it names is there."""

import functools
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from repository import ROOT, tiny_params
from ruamel.yaml import YAML
from servers import free_port

from crossfer.commands.cli import app
from crossfer.config.params import load_params

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
COMMANDS = [line.split("#")[0].strip() for kind, body in BLOCKS if kind == "sh" for line in body.splitlines()]
# Run by .ci/run, and by the test of `make ui`.
ELSEWHERE = {"make repro", "make test", "make test-all", "make ui", "source .venv/bin/activate"}
# test_served_texts.py starts a server and asks it.
# test_ablation.py and test_versus_baseline.py run what takes hours here.
ELSEWHERE |= {command for command in COMMANDS if "mlflow models serve" in command or command.startswith("curl ")}
HOURS = ("crossfer ablation", "python -m benchmarks.versus_baseline")
ELSEWHERE |= {command for command in COMMANDS if command.startswith(HOURS)}
# test_exps.py works off such a grid.
ELSEWHERE |= {command for command in COMMANDS if "--queue" in command or "--run-all" in command or "grid-" in command}
SHOW_SEEDS = next(command for command in COMMANDS if command.startswith("dvc exp show --drop"))
TREE = next(body for kind, body in BLOCKS if not kind and "params.yaml" in body)


@pytest.fixture(scope="module")
def news(tmp_path_factory, never_run, tiny_backbone):
    """A repository whose tiny task has the name of the real one, after two commits."""
    repository = never_run.copied(tmp_path_factory.mktemp("readme"))
    params = tiny_params(tiny_backbone)
    params["tasks"]["news"] = params["tasks"].pop("tiny")
    repository.write_params(params)
    repository.run("dvc", "repro")
    repository.commit("reproduced")
    return repository


@pytest.mark.timeout(2400)
def test_every_command_works_in_its_order(news):
    printed = {}
    for command in COMMANDS:
        if command not in ELSEWHERE:
            program, *arguments = shlex.split(command)
            run = news.crossfer if program == "crossfer" else functools.partial(news.run, program)
            printed[command] = run(*arguments)
    assert "gentler" in printed["dvc exp show --only-changed"]
    assert "loss" in printed["dvc metrics diff"]
    assert "file://" in printed["dvc plots diff"]
    assert "learning_rate" in printed["dvc params diff HEAD~1"]
    assert "loss" in printed["dvc metrics diff HEAD~1"]
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{news.folder}/mlflow.db")
    experiment = client.get_experiment_by_name("crossfer")
    runs = client.search_runs([experiment.experiment_id], "attributes.run_name = 'finetune/news'")
    named = {run.data.tags.get("crossfer.dvc_experiment"): run.data for run in runs}
    assert set(named) == {None, "gentler", "seed-1", "seed-2"}
    assert named["gentler"].params["learning_rate"] == "5e-05"
    assert named["gentler"].tags["crossfer.git_dirty"] == "true"
    assert named["seed-2"].params["seed"] == "2"
    for name in ("seed-1", "seed-2"):
        assert name in printed[SHOW_SEEDS]


def test_the_python_example_works(news):
    (code,) = [body for kind, body in BLOCKS if kind == "python" and "spark" not in body]  # which has a test of its own
    printed = news.run("python", "-c", code)
    assert re.search(r"0 +(business|entertainment|politics|sports|tech) +0\.\d+", printed)


def test_make_ui_serves_the_runs(news):
    installed, made_from = Path(sys.prefix) / ".installed", ("pyproject.toml", "requirements.lock")
    if not installed.exists():
        pytest.skip(f"the tests run in {sys.prefix}, which `make` did not make")
    if any((ROOT / name).stat().st_mtime > installed.stat().st_mtime for name in made_from):
        pytest.skip(f"{sys.prefix} is older than what it is made from: `make` would install it anew, from a copy")
    for name in ("Makefile", *made_from):
        shutil.copy2(ROOT / name, news.folder / name)
    port = free_port()
    command = ["make", "ui", f"VENV={sys.prefix}", f"PORT={port}"]
    server = subprocess.Popen(
        command,
        cwd=news.folder,
        env=news.environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert b"<title>MLflow</title>" in answer(f"http://127.0.0.1:{port}/", server)
        named = f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/get-by-name?experiment_name=crossfer"
        assert b'"crossfer"' in answer(named, server)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def answer(address: str, server: subprocess.Popen) -> bytes:
    """What the server says, once it is up."""
    for _ in range(240):
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                return response.read()
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"{address} does not answer")


def test_ci_runs_the_first_commands():
    script = (ROOT / ".ci/run").read_text()
    run = [line.replace("--old-file=test ", "") for line in script.splitlines() if line.startswith("make")]
    assert run == COMMANDS[:3]
    assert COMMANDS[:3] == ["make repro", "make test", "make test-all"]


def test_the_tree_names_what_is_there():
    named, folder = set(), ""
    for line in TREE.splitlines():
        name = line.split()[0]
        folder = folder if line.startswith(" ") else name
        named.add(folder + name if line.startswith(" ") else name)
    assert not [name for name in named if not (ROOT / name).exists()]
    for parent in ("stages", "crossfer"):
        inside = (path for path in (ROOT / parent).iterdir() if path.is_dir() or parent == "stages")
        expected = {f"{parent}/{path.name}{'/' * path.is_dir()}" for path in inside if not path.name.startswith("__")}
        assert expected <= named


def test_parameters_and_files_that_the_text_names():
    params = (ROOT / "params.yaml").read_text(encoding="utf-8")
    for name in ("learning_rate", "device", "provider: hub", "provider: local"):
        assert name in params
    for name in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"`((?:stages|docs|tests|data/probe|data/reports)[\w./-]*\.\w+)`", README):
        assert (ROOT / name).exists(), name
    assert set(re.findall(r"`make (\w+)`", README)) <= set(
        re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M)
    )


OWN = [YAML(typ="safe").load(body) for kind, body in BLOCKS if kind == "yaml"]


@pytest.mark.parametrize("number", range(len(OWN)))
def test_blocks_to_paste_into_params_yaml_are_good(tmp_path, number):
    params = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    block = OWN[number].get("reviews", OWN[number])
    task = params["tasks"]["digits" if block.get("source", {}).get("kind") == "photo" else "news"]
    task |= {"targets": [], "files": "data", **block}
    YAML().dump(params, tmp_path / "params.yaml")
    load_params(tmp_path / "params.yaml")


@pytest.mark.parametrize("path", sorted((ROOT / "docs/benchmarks").glob("*.yaml")), ids=lambda path: path.stem)
def test_benchmarks_are_good_and_named(path):
    (name,) = load_params(path).tasks
    text = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    assert f"cp docs/benchmarks/{path.name} params.yaml" in text
    assert f"evaluate@{name}" in text


def test_every_provider_of_ones_own_has_a_block_to_paste():
    blocks = [block.get("reviews", block) for block in OWN]
    assert {block["source"]["provider"] for block in blocks if "source" in block} == {"folder", "table", "hub"}


def test_an_ablation_of_every_task_is_named():
    asked = [shlex.split(command)[2] for command in COMMANDS if command.startswith("crossfer ablation")]
    assert asked == list(load_params(ROOT / "params.yaml").tasks)


def test_commands_are_those_of_the_command_line():
    named = set(re.findall(r"`?crossfer ([a-z]+)", "\n".join([*COMMANDS, *re.findall(r"`(crossfer [^`]*)`", README)])))
    assert named <= {command.name or command.callback.__name__ for command in app.registered_commands}

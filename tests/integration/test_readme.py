"""Commands of the README and four pages of docs work in order; YAML is valid."""

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
from collections import defaultdict
from pathlib import Path

import pytest
from repository import ROOT, tiny_params
from ruamel.yaml import YAML
from servers import free_port

from crossfer.commands.cli import app
from crossfer.config.params import load_params


def code_blocks(page: str) -> list[tuple[str, str]]:
    """Return the fenced blocks of a page: their language and their text."""
    return re.findall(r"```(\w*)\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def command_lines(page: str) -> list[str]:
    """Return the shell commands of a page, without comments."""
    shell = [text for language, text in code_blocks(page) if language == "sh"]
    return [line.split("#")[0].strip() for text in shell for line in text.splitlines()]


# The commands run in this order of pages.
PAGES = ["README.md", *(f"docs/{name}.md" for name in ("data", "experiments", "serving", "operations"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [command for page in PAGES for command in command_lines(page)]
# .ci/run runs `make repro`, another test `make ui`, test_reruns.py `crossfer verify`, test_served_texts.py a server,
# test_ablation.py and test_versus_quickstart.py what takes hours, test_dvc_experiments.py a grid,
# test_data_outside_git.py `dvc add`, and test_added_task.py the commands for own data.
TESTED_ELSEWHERE = re.compile(
    r"make |source |crossfer (verify|ablation|add|check reviews)|env .* mlflow models serve|curl "
    r"|python -m benchmarks.versus_quickstart"
    r"|dvc exp (run --queue|run --run-all|apply grid-)|dvc add |git add data/mine|git commit --message .Add my data"
)
SHOW_SEEDS = next(command for command in COMMANDS if command.startswith("dvc exp show --drop"))
DEFAULTS = (ROOT / "params.yaml").read_text(encoding="utf-8").partition("\ntasks:\n")[0]
YAML_BLOCKS = [
    YAML(typ="safe").load(f"{DEFAULTS}\ntasks:\n{text}")["tasks"]
    if text.startswith(" ")
    else YAML(typ="safe").load(text)
    for page in ("README.md", "docs/data.md")
    for language, text in code_blocks(page)
    if language == "yaml"
]


@pytest.fixture(scope="module")
def news(tmp_path_factory, never_run, tiny_backbone):
    """A repository whose tiny task has the name of the real one, after two commits."""
    repository = never_run.copy_to(tmp_path_factory.mktemp("readme"))
    params = tiny_params(tiny_backbone)
    params["tasks"]["news"] = params["tasks"].pop("tiny")
    repository.write_params(params)
    repository.run("dvc", "repro")
    repository.commit("reproduced")
    return repository


@pytest.mark.timeout(2400)
def test_every_command_works_in_its_order(news):
    printed = defaultdict(list)
    for command in COMMANDS:
        if not TESTED_ELSEWHERE.match(command):
            program, *arguments = shlex.split(command)
            run = news.crossfer if program == "crossfer" else functools.partial(news.run, program)
            printed[command].append(run(*arguments))
    for command, words in (
        ("dvc exp show --only-changed", "longer"),
        ("dvc metrics diff", "loss"),
        ("dvc plots diff", "file://"),
        ("dvc params diff HEAD~1", "epochs"),
        ("dvc metrics diff HEAD~1", "loss"),
        (SHOW_SEEDS, "seed-1"),
        (SHOW_SEEDS, "seed-2"),
    ):
        assert printed[command] and all(words in output for output in printed[command]), command
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{news.folder}/mlflow.db")
    experiment = client.get_experiment_by_name("crossfer")
    runs = client.search_runs([experiment.experiment_id], "attributes.run_name = 'finetune/news'")
    by_name = {run.data.tags.get("crossfer.dvc_experiment"): run.data for run in runs}
    assert set(by_name) == {None, "gentler", "longer", "seed-1", "seed-2", "half"}
    assert by_name["gentler"].params["learning_rate"] == "5e-05"
    assert by_name["gentler"].tags["crossfer.git_dirty"] == "true"
    assert by_name["seed-2"].params["seed"] == "2"


def test_the_python_example_works(news):
    """test_spark.py runs the example of Spark."""
    blocks = [text for language, text in code_blocks("docs/serving.md") if language == "python"]
    (code,) = [text for text in blocks if "spark" not in text]
    printed = news.run("python", "-c", code)
    assert re.search(r"0 +(business|entertainment|politics|sports|tech) +0\.\d+", printed)


def test_make_ui_serves_the_runs(news):
    installed, sources = Path(sys.prefix) / ".installed", ("pyproject.toml", "requirements.lock")
    if not installed.exists():
        pytest.skip(f"the tests run in {sys.prefix}, which `make` did not create")
    if any((ROOT / name).stat().st_mtime > installed.stat().st_mtime for name in sources):
        pytest.skip(f"{sys.prefix} is older than {sources}: `make` would install it again, from a copy")
    for name in ("Makefile", *sources):
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
        assert b"<title>MLflow</title>" in response(f"http://127.0.0.1:{port}/", server)
        address = f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/get-by-name?experiment_name=crossfer"
        assert b'"crossfer"' in response(address, server)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def response(address: str, server: subprocess.Popen) -> bytes:
    """Wait until the server is up, and return its response."""
    for _ in range(240):
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(address, timeout=5) as opened:
                return opened.read()
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"{address} does not answer")


def test_ci_runs_the_make_targets_of_the_readme():
    script = (ROOT / ".ci/run").read_text()
    targets = [line.replace("--old-file=test ", "") for line in script.splitlines() if line.startswith("make")]
    assert targets == ["make repro", "make test", "make test-all"]
    assert all(f"`{target}`" in README for target in targets)


def test_the_tree_names_every_folder():
    (tree,) = [text for language, text in code_blocks("README.md") if not language]
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {f"{name.split('/')[0]}/" for name in tracked.splitlines() if "/" in name and not name.startswith(".")}
    assert {line.split()[0] for line in tree.splitlines()} == folders


def test_the_stages_are_those_of_dvc():
    stages = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    table = README.split("## How it works")[1].split("## ")[0]
    assert re.findall(r"^\| (\w+) \|", table, re.MULTILINE)[1:] == list(stages)


def test_make_targets_exist():
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {command.split()[1] for command in COMMANDS if command.startswith("make ")} <= targets
    for page in [*PAGES, "CONTRIBUTING.md"]:
        assert set(re.findall(r"`make ([\w-]+)`", (ROOT / page).read_text(encoding="utf-8"))) <= targets


@pytest.mark.parametrize("number", range(len(YAML_BLOCKS)))
def test_blocks_to_copy_into_params_yaml_are_valid(tmp_path, number):
    params = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    block = YAML_BLOCKS[number].get("reviews", YAML_BLOCKS[number])
    task = params["tasks"]["digits" if block.get("source", {}).get("domain") == "photo" else "news"]
    task |= {"targets": [], "files": "data/mine", **block}
    YAML().dump(params, tmp_path / "params.yaml")
    load_params(tmp_path / "params.yaml")


@pytest.mark.parametrize("path", sorted((ROOT / "docs/benchmarks").glob("*.yaml")), ids=lambda path: path.stem)
def test_parameters_of_benchmarks_are_valid_and_documented(path):
    (name,) = load_params(path).tasks
    text = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    assert f"cp docs/benchmarks/{path.name} params.yaml" in text
    assert f"evaluate@{name}" in text


def test_params_yaml_has_backbones_to_copy():
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    assert "provider: hub" in text and "provider: local" in text


def test_every_provider_of_user_data_has_a_block_to_copy():
    blocks = [block.get("reviews", block) for block in YAML_BLOCKS]
    assert {block["source"]["provider"] for block in blocks if "source" in block} == {"folder", "table", "hub"}


def test_an_ablation_of_every_task_is_documented():
    tasks = [shlex.split(command)[2] for command in COMMANDS if command.startswith("crossfer ablation")]
    assert tasks == list(load_params(ROOT / "params.yaml").tasks)


def test_subcommands_exist():
    texts = [(ROOT / page).read_text(encoding="utf-8") for page in PAGES]
    quoted = [code for text in texts for code in re.findall(r"`(crossfer [^`]*)`", text)]
    named = set(re.findall(r"^crossfer ([a-z][a-z-]*)", "\n".join([*COMMANDS, *quoted]), re.MULTILINE))
    assert named <= {command.name or command.callback.__name__ for command in app.registered_commands}

"""`dvc exp run -S` and `dvc params diff` on tasks that merge defaults."""

import re

import pytest
from repository import tiny_params
from ruamel.yaml import YAML

BLOCKS = ("backbone", "preprocess", "tokenize", "finetune", "evaluate", "stress", "compress")
TASK = """
  {}:
    <<: *text
    files: data/probe
    source: {{domain: en, provider: news_probe}}
    targets: [{{domain: sw, provider: news_probe}}]
"""


@pytest.fixture
def two_tasks(empty_repository, tiny_backbone, tmp_path):
    """A repository with two tasks that share blocks, and one that does not."""
    copy = empty_repository.copy_to(tmp_path / "copy")
    task = tiny_params(tiny_backbone)["tasks"]["tiny"]
    path = copy.folder / "params.yaml"
    content = {"compute": tiny_params(tiny_backbone)["compute"], "defaults": {"text": task}}
    YAML().dump(content, path)
    text = path.read_text().replace("  text:\n", "  text: &text\n")
    for block in BLOCKS:
        text = text.replace(f"    {block}:", f"    {block}: &text-{block}")
    own_blocks = "".join(f"    {block}: {{<<: *text-{block}}}\n" for block in BLOCKS)
    path.write_text(f"{text}tasks:{TASK.format('first')}{TASK.format('second')}{TASK.format('third')}{own_blocks}")
    copy.run("git", "add", ".")
    copy.run("git", "commit", "--quiet", "-m", "two tasks")
    return copy


SEED = "tasks.{}.preprocess.seed=5"
REFUSED = "`-S` changed tasks first and second, which share blocks of params.yaml; add to second, and run"


def seeds(repository):
    """Return the seed of preprocess of each task in params.yaml and in dvc.lock."""
    tasks = YAML(typ="safe").load(repository.folder / "params.yaml")["tasks"]
    stages = YAML(typ="safe").load(repository.folder / "dvc.lock")["stages"]
    recorded = {
        name: stages[f"preprocess@{name}"]["params"]["params.yaml"][f"tasks.{name}.preprocess"] for name in tasks
    }
    assert recorded == {name: task["preprocess"] for name, task in tasks.items()}
    return {name: task["preprocess"]["seed"] for name, task in tasks.items()}


def test_experiments_change_one_task_or_are_refused(two_tasks):
    """In the workspace, in temporary copies and in the queue."""
    stages = ["preprocess@first", "preprocess@second", "preprocess@third"]
    run = ["dvc", "exp", "run"]
    two_tasks.run(*run, *stages)
    two_tasks.commit("results")
    two_tasks.run(*run, "--temp", "--name", "own-block", "--set-param", SEED.format("third"), *stages)
    own_list = "tasks.second.targets=[{domain: zh, provider: news_probe}]"
    two_tasks.run(*run, "--temp", "--name", "own-list", "--set-param", own_list, *stages)
    two_tasks.run(*run, "--queue", "--name", "shared", "--set-param", SEED.format("second"), *stages)
    two_tasks.run(*run, "--run-all")
    assert REFUSED in two_tasks.run("dvc", "queue", "logs", "shared")
    assert REFUSED in two_tasks.run(*run, "--temp", "--set-param", SEED.format("second"), *stages, status=255)
    output = two_tasks.run(*run, "--set-param", SEED.format("second"), *stages, status=255)
    assert REFUSED in output
    (block,) = re.findall(r"^  (\w+: {<<: \*text-\w+})$", output, re.MULTILINE)
    two_tasks.run("git", "restore", ".")
    path = two_tasks.folder / "params.yaml"
    start = "  second:\n    <<: *text\n"
    path.write_text(path.read_text().replace(start, f"{start}    {block}\n"))
    two_tasks.run(*run, "--set-param", SEED.format("second"), *stages)
    assert seeds(two_tasks) == {"first": 0, "second": 5, "third": 0}
    difference = two_tasks.run("dvc", "params", "diff", "--md")
    assert "tasks.second.preprocess.seed" in difference and "| 5 " in difference
    assert difference.count("params.yaml") == 1


def test_an_ablation_needs_own_blocks(two_tasks):
    output = two_tasks.crossfer("ablation", "first", status=2)
    assert output.startswith("error: tasks second and first share blocks of params.yaml, ")
    assert "  finetune: {<<: *text-finetune}\n" in output
    assert not (two_tasks.folder / "data/ablation/first.json").exists()

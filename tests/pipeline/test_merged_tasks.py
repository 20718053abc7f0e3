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


def test_an_experiment_changes_one_task(two_tasks):
    command = ["dvc", "exp", "run", "--set-param", "tasks.first.preprocess.seed=5", "preprocess@first"]
    output = two_tasks.run(*command, status=255)
    assert "error: tasks first and second share blocks of params.yaml, so `dvc exp run -S` would change both" in output
    two_tasks.run("git", "restore", ".")
    path = two_tasks.folder / "params.yaml"
    blocks = re.findall(r"  (\w+: {<<: \*text-\w+})", output)
    assert len(blocks) == len(BLOCKS)
    text = path.read_text()
    added = "".join(f"    {block}\n" for block in blocks)
    path.write_text(text.replace("  first:\n    <<: *text\n", f"  first:\n    <<: *text\n{added}"))
    two_tasks.run("git", "commit", "--quiet", "-am", "blocks of its own")
    two_tasks.run(*command)
    difference = two_tasks.run("dvc", "params", "diff", "--md")
    assert "tasks.first.preprocess.seed" in difference and "| 5 " in difference
    assert difference.count("params.yaml") == 1
    lock = YAML(typ="safe").load(two_tasks.folder / "dvc.lock")["stages"]["preprocess@first"]["params"]["params.yaml"]
    assert lock["tasks.first.preprocess"] == YAML(typ="safe").load(path)["tasks"]["first"]["preprocess"]
    assert lock["tasks.first.preprocess"]["seed"] == 5 and lock["tasks.first.preprocess"]["min_characters"] == 10

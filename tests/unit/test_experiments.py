"""Experiments of tasks that share blocks: `-S` changes one task or is refused."""

import subprocess

import pytest
from dvc.utils.hydra import apply_overrides
from repository import ROOT
from ruamel.yaml import YAML

from crossfer.config.experiments import BASELINE, check_experiment, check_own_blocks
from crossfer.config.params import PARAMS
from crossfer.errors import UserError

SHIPPED = (ROOT / "params.yaml").read_text(encoding="utf-8")
DATA = "files: data/mine\n    source: {domain: en, provider: table, path: data/mine/en.csv}\n    targets: []\n"
REVIEWS, NOTES, LETTERS = (f"  {name}:\n    <<: *text\n    {DATA}" for name in ("reviews", "notes", "letters"))
OWN_FINETUNE = "    finetune: {<<: *text-finetune}\n"
FINETUNE = "tasks.{}.finetune.epochs=7"


@pytest.fixture(autouse=True)
def experiment(tmp_path, monkeypatch):
    """Be a stage of an experiment, in a new repository."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(BASELINE, "HEAD")
    subprocess.run(["git", "init", "--quiet"], check=True)


def commit(content):
    PARAMS.write_text(content, encoding="utf-8")
    author = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", "add", PARAMS], check=True)
    subprocess.run(["git", *author, "commit", "--quiet", "--message", "tasks"], check=True)


def tasks():
    return YAML(typ="safe").load(PARAMS)["tasks"]


def check(*names):
    """Check the experiment as the stages of tasks do, by default of all."""
    for name in names or tasks():
        check_experiment(PARAMS, name)


def add_lines(content, task, message):
    """Return params.yaml with the lines of a message in a task."""
    start = f"  {task}:\n    <<: *text\n"
    lines = [f"  {line}\n" for line in message.splitlines() if line.startswith("  ")]
    return content.replace(start, start + "".join(lines))


@pytest.mark.parametrize(
    "change",
    [
        "compute.threads=1",
        "tasks.news.finetune.epochs=7",
        "tasks.reviews.targets=[{domain: sw, provider: table, path: data/mine/sw.csv}]",
        "tasks.reviews.files=data/reviews",
        "tasks.notes.files=data/notes",
        "tasks.notes.finetune.epochs=7",
    ],
)
def test_changes_of_values_that_no_other_task_has(capsys, change):
    """Notes has its own block for finetune, and shares the others with reviews."""
    commit(SHIPPED + REVIEWS + NOTES + OWN_FINETUNE)
    apply_overrides(PARAMS, [change])
    check()
    assert not capsys.readouterr().err


@pytest.mark.parametrize(("old", "new"), [("", ""), ("epochs: 2 ", "epochs: 7 "), ("threads: 2", "threads: 1")])
def test_experiments_without_changes_by_dvc(capsys, old, new):
    """An edit of params.yaml may change the defaults of all tasks."""
    commit(SHIPPED + REVIEWS + NOTES)
    PARAMS.write_text(PARAMS.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    check()
    assert not capsys.readouterr().err


def test_a_rewritten_file_that_is_committed(capsys):
    commit(SHIPPED + REVIEWS + NOTES)
    apply_overrides(PARAMS, ["tasks.notes.finetune.epochs=7"])
    commit(PARAMS.read_text(encoding="utf-8"))
    check()
    apply_overrides(PARAMS, ["compute.threads=1"])
    check()
    assert not capsys.readouterr().err


def test_a_change_of_two_tasks_lists_the_block_to_add():
    commit(SHIPPED + REVIEWS + NOTES)
    before = tasks()
    apply_overrides(PARAMS, [FINETUNE.format("notes")])
    check("news", "digits")
    for name in ("reviews", "notes"):
        with pytest.raises(UserError) as caught:
            check(name)
        assert str(caught.value) == (
            "`-S` changed tasks reviews and notes, which share blocks of params.yaml; add to notes, and run the"
            " experiment again:\n  finetune: {<<: *text-finetune}"
        )
    PARAMS.write_text(add_lines(SHIPPED + REVIEWS + NOTES, "notes", str(caught.value)), encoding="utf-8")
    apply_overrides(PARAMS, [FINETUNE.format("notes")])
    check()
    before["notes"]["finetune"] = before["notes"]["finetune"] | {"epochs": 7}
    assert tasks() == before


@pytest.mark.parametrize("committed", [SHIPPED, SHIPPED + REVIEWS])
def test_changes_of_tasks_that_are_not_committed(committed):
    commit(committed)
    content = SHIPPED + REVIEWS + NOTES + LETTERS
    PARAMS.write_text(content, encoding="utf-8")
    apply_overrides(PARAMS, ["compute.threads=1"])
    check()
    PARAMS.write_text(content, encoding="utf-8")
    apply_overrides(PARAMS, [FINETUNE.format("letters")])
    for name in ("reviews", "notes"):
        with pytest.raises(UserError, match=rf"tasks {name} and letters, .* add to letters, "):
            check(name)


def test_a_file_that_git_does_not_have():
    PARAMS.write_text(SHIPPED + REVIEWS + NOTES, encoding="utf-8")
    check()
    apply_overrides(PARAMS, [FINETUNE.format("notes")])
    with pytest.raises(UserError, match="share blocks"):
        check("reviews")


def test_a_lost_change_is_a_warning(capsys):
    """Notes follows reviews and has the same mapping: DVC restores its value."""
    commit(SHIPPED + REVIEWS + NOTES)
    before = tasks()
    apply_overrides(PARAMS, [FINETUNE.format("reviews")])
    assert tasks() == before
    check("news", "digits")
    assert not capsys.readouterr().err
    check("reviews")
    assert capsys.readouterr().err == (
        "warning: `-S` changed no value. Changes of task reviews are lost, because notes shares its blocks of"
        " params.yaml; run `crossfer check reviews notes` and add the lines that it lists.\n"
    )
    check("notes")
    assert not capsys.readouterr().err


def test_a_task_that_shares_nothing_has_its_own_blocks():
    content = SHIPPED + REVIEWS + NOTES
    PARAMS.write_text(content, encoding="utf-8")
    check_own_blocks(PARAMS, "reviews", ["news", "digits"])
    with pytest.raises(UserError) as caught:
        check_own_blocks(PARAMS, "notes", ["news", "digits", "reviews"])
    first, *lines = str(caught.value).splitlines()
    assert first == (
        "tasks reviews and notes share blocks of params.yaml, so `dvc exp run -S` would change both or neither; add to"
        " notes:"
    )
    assert "  finetune: {<<: *text-finetune}" in lines and len(lines) == 7
    PARAMS.write_text(add_lines(content, "notes", str(caught.value)), encoding="utf-8")
    check_own_blocks(PARAMS, "notes", ["reviews"])
    before = tasks()
    apply_overrides(PARAMS, [FINETUNE.format("reviews"), "tasks.notes.stress.rows_per_domain=3"])
    before["reviews"]["finetune"] = before["reviews"]["finetune"] | {"epochs": 7}
    before["notes"]["stress"] = before["notes"]["stress"] | {"rows_per_domain": 3}
    assert tasks() == before


def test_nested_blocks_are_listed():
    images = "  {}:\n    <<: *vision\n    finetune: {{<<: *vision-finetune}}\n"
    PARAMS.write_text(SHIPPED + images.format("photos") + images.format("drawings"), encoding="utf-8")
    with pytest.raises(UserError, match=r"\n  finetune\.augment: \{<<: \*vision-augment\}"):
        check_own_blocks(PARAMS, "photos", ["drawings"])

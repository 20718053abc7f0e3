"""Own data outside git: copies and clones have it after `dvc add`."""

import shutil

import pytest
from repository import ROOT, Repository, tiny_params

from crossfer.commands import own_data, verify

ADD = ("dvc add data/mine", "git add data/mine.dvc data/.gitignore", 'git commit --quiet --message "Add my data"')


@pytest.fixture
def repository(empty_repository, tiny_backbone, monkeypatch):
    """A repository whose task reads tables that are not in git."""
    folder, params = empty_repository.folder, tiny_params(tiny_backbone)
    task = params["tasks"]["tiny"]
    task["files"] = "data/mine"
    for block in (task["source"], *task["targets"]):
        columns = {"text": "text", "label": "topic"}
        block.update(provider="table", path=f"data/mine/{block['domain']}.csv", columns=columns)
    empty_repository.write_params(params)
    empty_repository.commit("a task")
    (folder / "data/mine").mkdir()
    for block in (task["source"], *task["targets"]):
        shutil.copy(ROOT / f"data/probe/{block['domain']}.csv", folder / block["path"])
    empty_repository.run("dvc", "repro", "ingest@tiny")
    empty_repository.run("git", "add", "dvc.lock")
    empty_repository.run("git", "commit", "--quiet", "--message", "ingested")
    monkeypatch.chdir(folder)
    return empty_repository


def run_experiment(repository: Repository, status: int = 0) -> str:
    change = "--set-param=tasks.tiny.targets.0.domain=yue"
    return repository.run("dvc", "exp", "run", "--temp", change, "ingest@tiny", status=status)


def test_check_and_verify_name_dvc_add(repository):
    assert "[Errno 2] No such file or directory" in run_experiment(repository, status=255)
    output = repository.crossfer("check")
    sentence = "task tiny reads data/mine, but neither git nor DVC has 3 of its files (data/mine/en.csv): "
    assert f"warning: {sentence}" in output and "Run `dvc add data/mine` and commit data/mine.dvc" in output
    assert f"error: {sentence}" in repository.crossfer("verify", status=2)


def test_copies_and_clones_have_added_data(repository, tmp_path_factory):
    for command in ADD:
        repository.run("sh", "-c", command)
    assert "warning" not in repository.crossfer("check")
    assert "Ran experiment" in run_experiment(repository)
    clone = repository.clone_to(tmp_path_factory.mktemp("clone") / "clone")
    error = "error: task tiny reads data/mine, which DVC has not restored; run `dvc pull data/mine.dvc`."
    assert error in clone.crossfer("check", status=2)
    verify._copy_added_data(clone.folder)
    assert sorted(path.name for path in (clone.folder / "data/mine").iterdir()) == ["en.csv", "sw.csv", "zh.csv"]


def test_files_added_one_by_one_or_partly(repository):
    for name in ("en", "sw"):
        repository.run("dvc", "add", "--quiet", f"data/mine/{name}.csv")
        repository.run("git", "add", f"data/mine/{name}.csv.dvc", "data/mine/.gitignore")
    assert own_data.files_without_version("data/mine") == ["data/mine/zh.csv"]
    repository.run("git", "add", "data/mine/zh.csv")
    for name in (".DS_Store", ".cache/zh.csv"):
        (repository.folder / "data/mine" / name).parent.mkdir(exist_ok=True)
        (repository.folder / "data/mine" / name).touch()
    assert own_data.files_without_version("data/mine") == []
    assert own_data.files_without_version("data/probe") == []
    assert own_data.files_without_version(str(repository.folder / "data/mine")) == []

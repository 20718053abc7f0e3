"""`make clean` removes outputs of stages, but no files in git and no user data."""

import shutil
import subprocess

import pytest
from repository import ENVIRONMENT, ROOT


@pytest.fixture
def repository(tmp_path):
    """A repository with files in git, outputs of stages, and a user's ignored data."""
    for name in ("Makefile", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path)
    with (tmp_path / ".gitignore").open("a") as file:
        file.write("/data/mine/\n")
    names = ("reports/news/metrics.json", "reports/news/mistakes.html", "raw/news/en.parquet", "onnx/news/model.onnx")
    for name in (
        *names,
        "mine/en.csv",
        "benchmarks/sib200/en.tsv",
        "measurements/news.md",
        "probe/en.csv",
        "reports/notes.md",
    ):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", ".gitignore", "data/reports/news/metrics.json", "data/probe"], check=True)
    return tmp_path


def dry_run(repository, *arguments):
    """Return the commands that make would run."""
    command = ["make", "--dry-run", *arguments]
    return subprocess.run(command, cwd=repository, env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout


def test_clean_removes_only_outputs_of_stages(repository):
    subprocess.run(["make", "clean"], cwd=repository, env=ENVIRONMENT, check=True, capture_output=True)
    remaining = sorted(path.relative_to(repository / "data").as_posix() for path in (repository / "data").rglob("*.*"))
    assert remaining == [
        "benchmarks/sib200/en.tsv",
        "mine/en.csv",
        "probe/en.csv",
        "reports/news/metrics.json",
        "reports/notes.md",
    ]


def test_repro_prints_its_duration_and_size_first(repository):
    """make only prints the commands of a repository without .venv."""
    (repository / "pyproject.toml").touch()
    (repository / "requirements.lock").touch()
    lines = dry_run(repository, "repro").splitlines()
    echoes = [number for number, line in enumerate(lines) if "echo" in line]
    (install,) = [number for number, line in enumerate(lines) if "pip install" in line]
    assert echoes[0] < install < echoes[-1] < lines.index("crossfer check") < lines.index("dvc repro")
    assert "GB" in lines[echoes[0] + 1] and "minutes" in lines[echoes[0]]


def test_ui_follows_a_move_first(repository):
    (repository / "pyproject.toml").touch()
    (repository / "requirements.lock").touch()
    *_, sync, ui = dry_run(repository, "ui").splitlines()
    assert sync.startswith("crossfer sync") and ui.startswith("mlflow ui ")


@pytest.mark.parametrize("old_name", [None, "another folder"])
def test_environment_is_installed_again_after_a_move(repository, old_name):
    place = repository if old_name is None else repository.with_name(old_name)
    for name in ("pyproject.toml", "requirements.lock"):
        (repository / name).touch()
    (repository / ".venv/bin").mkdir(parents=True)
    (repository / ".venv/bin/pip").write_text(f"#!{place}/.venv/bin/python3\nimport sys\n")
    (repository / ".venv/.installed").touch()
    output = dry_run(repository, "repro")
    assert ("-m venv --clear .venv" in output) == ("pip install" in output) == (old_name is not None)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["test"], ['-m "not slow"']),
        (["test-all"], ['-m "not slow"', "-m slow --dist=loadfile"]),
        (["--old-file=test", "test-all"], ["-m slow --dist=loadfile"]),  # as .ci/run does after `make test`
    ],
)
def test_targets_run_their_tests(repository, arguments, expected):
    for name in ("pyproject.toml", "requirements.lock"):
        (repository / name).touch()
    lines = dry_run(repository, *arguments).splitlines()
    pytest_arguments = [line.removeprefix("pytest ") for line in lines if line.startswith("pytest")]
    assert pytest_arguments == expected

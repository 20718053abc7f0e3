"""make clean: it removes what stages wrote, and nothing of what git has or a user put there."""

import shutil
import subprocess

import pytest
from repository import ROOT


@pytest.fixture
def written(tmp_path):
    """A repository with files in git, files of stages, and data of a user that git ignores."""
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


def test_clean_removes_only_what_stages_wrote(written):
    subprocess.run(["make", "clean"], cwd=written, check=True, capture_output=True)
    left = sorted(path.relative_to(written / "data").as_posix() for path in (written / "data").rglob("*.*"))
    assert left == [
        "benchmarks/sib200/en.tsv",
        "mine/en.csv",
        "probe/en.csv",
        "reports/news/metrics.json",
        "reports/notes.md",
    ]


def test_repro_says_first_what_it_takes(written):
    """Nothing is run: make prints the commands of a repository without .venv."""
    (written / "pyproject.toml").touch()
    (written / "requirements.lock").touch()
    done = subprocess.run(["make", "--dry-run", "repro"], cwd=written, check=True, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    said = [number for number, line in enumerate(lines) if "echo" in line]
    (installed,) = [number for number, line in enumerate(lines) if "pip install" in line]
    assert said[0] < installed < said[-1] < lines.index("crossfer check") < lines.index("dvc repro")
    assert "GB" in lines[said[0] + 1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["test"], ['-m "not slow"']),
        (["test-all"], ['-m "not slow"', "-m slow --dist=loadfile"]),
        (["--old-file=test", "test-all"], ["-m slow --dist=loadfile"]),  # as .ci/run does after `make test`
    ],
)
def test_which_tests_are_run(written, arguments, expected):
    for name in ("pyproject.toml", "requirements.lock"):
        (written / name).touch()
    done = subprocess.run(["make", "--dry-run", *arguments], cwd=written, check=True, capture_output=True, text=True)
    run = [line.removeprefix("pytest ") for line in done.stdout.splitlines() if line.startswith("pytest")]
    assert run == expected

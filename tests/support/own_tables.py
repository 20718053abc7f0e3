"""Small tables of the user, and `crossfer add` in this process."""

import csv
import shutil
from pathlib import Path

from repository import ROOT
from typer.testing import CliRunner

from crossfer.commands.cli import app
from crossfer.config.params import PARAMS, Task, load_params

WORDS = ("calm", "bright", "slow", "steady", "odd", "loud", "fine", "modest", "prompt", "tired")
TOPICS = ("goods", "service")


def add(*arguments: str, status: int = 0) -> str:
    """Run `crossfer add` and return its output; an error changes no params.yaml."""
    before = PARAMS.read_bytes()
    result = CliRunner().invoke(app, ["add", *arguments], prog_name="crossfer")
    assert result.exit_code == status, result.output
    if status:
        assert PARAMS.read_bytes() == before
    return result.output


def added_task(name: str = "reviews") -> Task:
    """Return a task of params.yaml."""
    return load_params().tasks[name]


def copy_params() -> None:
    """Copy params.yaml of the project to the current folder."""
    shutil.copy(ROOT / "params.yaml", PARAMS)


def review(number: int, language: str = "en") -> str:
    """Return a text that is unique for the number and language."""
    return f"{WORDS[number % 10]} thing number {number} in the {language} report of the week"


def records(rows: int = 20, language: str = "en", text: str = "text", label: str = "label") -> list[dict]:
    """Return rows with a text and one of two labels."""
    return [{text: review(number, language), label: TOPICS[number % 2]} for number in range(rows)]


def write(path: str, rows: list[dict]) -> str:
    """Write a CSV or TSV table, and return its path."""
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, rows[0], delimiter="\t" if file.suffix == ".tsv" else ",")
        writer.writeheader()
        writer.writerows(rows)
    return path

"""The README's commands for own data: add, check, and the pipeline."""

import json
import shlex

import pandas as pd
import pytest
from repository import ROOT, tiny_params

README = (ROOT / "README.md").read_text(encoding="utf-8").split("## Your own data")[1].split("## ")[0]
COMMANDS = [line.split("#")[0].strip() for line in README.split("```sh\n")[1].split("```")[0].splitlines()]


@pytest.fixture(scope="module")
def repository(tmp_path_factory, never_run, tiny_backbone):
    """A repository with the real anchors, and two tables of the user."""
    repository = never_run.copy_to(tmp_path_factory.mktemp("added"))
    repository.write_params(tiny_params(tiny_backbone))
    params = repository.folder / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("  tiny:\n", "  tiny: &text\n"), encoding="utf-8")
    (repository.folder / "data/mine").mkdir()
    for language in ("en", "sw"):
        table = pd.read_csv(ROOT / f"data/probe/{language}.csv").rename(columns={"text": "review", "topic": "rating"})
        table = pd.concat([table, table.head(2)])
        table[["review", "rating"]].to_csv(repository.folder / f"data/mine/{language}.csv", index=False, sep=";")
    return repository


def test_the_commands_of_the_readme(repository):
    add, check, last = COMMANDS
    assert last == "make repro"
    output = repository.crossfer(*shlex.split(add)[1:])
    block = README.split("```yaml\n")[1].split("```")[0]
    assert block in output and (repository.folder / "params.yaml").read_text(encoding="utf-8").endswith(block)
    checked = repository.crossfer(*shlex.split(check)[1:])
    assert "\tcrossfer check\n\tdvc repro\n" in (ROOT / "Makefile").read_text()
    repository.run("dvc", "repro", "compress@reviews", "stress@reviews")
    quality = json.loads((repository.folder / "data/clean/reviews/quality.json").read_text())
    for domain, account in quality.items():
        (line,) = [line for line in checked.splitlines() if line.startswith(f"{domain} ")]
        dropped = ", ".join(f"{reason} {len(ids)}" for reason, ids in account["dropped"].items())
        assert dropped and dropped in line
        assert all(f" {count}" in line for count in account["splits"].values())
    assert (repository.folder / "data/onnx/reviews").is_dir()
    checked = repository.crossfer("check", "reviews")
    assert "Training takes" not in checked

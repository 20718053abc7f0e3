"""dvc.yaml lists, for each stage, just the modules and the parameters that the stage reads: proved by running them."""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from ruamel.yaml import YAML

STAGES = ["ingest", "preprocess", "tokenize", "finetune", "evaluate"]
DVC = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]


def listed(stage: str, key: str, task: dict[str, Any]) -> list[str]:
    """Entries of a stage in dvc.yaml, with its templates filled in as DVC does."""
    values = {
        "${key}": "tiny",
        "${item.files}": task["files"],
        "${item.modality}": task["modality"],
        "${item.source.domain}": task["source"]["domain"],
    }
    found = []
    for entry in DVC[stage]["do"][key]:
        for template, value in values.items():
            entry = entry.replace(template, value)
        assert "${" not in entry
        found.append(entry)
    return found


def leaves(value: Any, name: str) -> Iterator[str]:
    """Dotted names of the single values below a parameter."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{name}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, f"{name}.{number}")
    else:
        yield name


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, tiny_backbone):
    """What each stage read, run one after the other without DVC."""
    from conftest import Repository

    repository = Repository(tmp_path_factory.mktemp("recorded"), tiny_backbone)
    script = str(Path(__file__).with_name("record_stage.py"))
    found = {}
    for stage in STAGES:
        printed = repository.run(sys.executable, "-X", "utf8", script, stage, "tiny")
        found[stage] = json.loads(next(line for line in printed.splitlines() if line.startswith('{"modules"')))
    found["params"] = YAML(typ="safe").load((repository.folder / "params.yaml").read_text())
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_modules(stage, recorded):
    task = recorded["params"]["tasks"]["tiny"]
    code = [Path(entry) for entry in listed(stage, "deps", task) if entry.startswith("stages")]
    files = {
        file.relative_to(ROOT).as_posix()
        for entry in code
        for file in ((ROOT / entry).rglob("*.py") if (ROOT / entry).is_dir() else [ROOT / entry])
    }
    read = set(recorded[stage]["modules"])
    if stage == "finetune":
        read.add("stages/shared/served_model.py")  # logged with the model, and run by MLflow to check the example
    nothing_inside = {file for file in read if len(ast.parse((ROOT / file).read_text()).body) == 1}
    assert files == read - nothing_inside


@pytest.mark.parametrize("stage", STAGES)
def test_parameters(stage, recorded):
    declared = set()
    for name in listed(stage, "params", recorded["params"]["tasks"]["tiny"]):
        value: Any = recorded["params"]
        for key in name.split("."):
            value = value[key]
        declared |= set(leaves(value, name))
    assert declared == set(recorded[stage]["parameters"])


@pytest.mark.parametrize("stage", STAGES)
def test_data_comes_from_the_stage_before(stage):
    before = {"preprocess": "data/raw", "tokenize": "data/clean", "finetune": "data/tokens", "evaluate": "data/tokens"}
    data = [entry for entry in DVC[stage]["do"]["deps"] if entry.startswith("data/")]
    outs = [entry if isinstance(entry, str) else next(iter(entry)) for entry in DVC[stage]["do"].get("outs", [])]
    assert all(out.startswith("data/") for out in outs)
    if stage == "evaluate":
        assert "data/models/${key}" in data
    if stage in before:
        assert any(entry.startswith(before[stage]) for entry in data)


def test_finetune_cannot_read_a_target():
    """Zero-shot by construction: of the tokens, finetune depends on the source's table and the encoder alone."""
    data = [entry for entry in DVC["finetune"]["do"]["deps"] if entry.startswith("data/")]
    assert data == ["data/tokens/${key}/${item.source.domain}.parquet", "data/tokens/${key}/encoder"]


def test_stages_are_run_as_modules():
    assert [block["do"]["cmd"] for block in DVC.values()] == [f"python -m stages.{stage} ${{key}}" for stage in STAGES]


def test_what_git_should_show_is_not_in_the_cache():
    block = DVC["evaluate"]["do"]
    for entry in [*block["metrics"], *block["plots"]]:
        (options,) = entry.values()
        assert options["cache"] is False


def imports(path: Path) -> set[str]:
    """Modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_rooms_know_only_what_they_may():
    """Stages know no other stage; providers and modalities know neither MLflow nor DVC; MLflow has one door."""
    for path in (ROOT / "stages").rglob("*.py"):
        read, name = imports(path), path.relative_to(ROOT / "stages").as_posix()
        assert not read & {f"stages.{stage}" for stage in STAGES}, name
        assert not any(module.split(".")[0] == "dvc" for module in read), name
        if name not in ("shared/tracking.py", "shared/served_model.py"):
            assert not any(module.split(".")[0] == "mlflow" for module in read), name


def test_no_code_asks_for_the_modality():
    for path in (ROOT / "stages").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                assert not any(ast.unparse(side).split(".")[-1] == "modality" for side in sides), path


def test_nothing_is_pickled():
    for path in (ROOT / "stages").rglob("*.py"):
        assert not imports(path) & {"pickle", "joblib", "cloudpickle", "dill", "shelve"}, path
        assert "torch.load(" not in path.read_text(encoding="utf-8"), path

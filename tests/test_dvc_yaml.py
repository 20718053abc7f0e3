"""dvc.yaml lists, for each stage, just the modules and the parameters that the stage reads: proved by running them."""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Repository, tiny_params, tiny_vision_params
from ruamel.yaml import YAML

from stages.shared.processor import described

MLFLOW = tuple(f"shared/{name}.py" for name in ("tracking", "delivery", "logged_model", "store", "registry", "history"))
MLFLOW += ("shared/served_model.py", "serving/served_model.py")
STAGES = [
    "ingest",
    "preprocess",
    "tokenize",
    "finetune",
    "adapt",
    "evaluate",
    "stress",
    "compress",
]  # compare is of all tasks
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


TINY = {"text": ("tiny_backbone", tiny_params), "vision": ("tiny_vision_backbone", tiny_vision_params)}


@pytest.fixture(scope="module")
def recorded(request, tmp_path_factory):
    """Of a task of each modality, what each stage read, run one after the other without DVC."""
    script = str(Path(__file__).with_name("record_stage.py"))
    found: dict[str, Any] = {}
    for modality, (backbone, tiny) in TINY.items():
        repository = Repository(tmp_path_factory.mktemp("recorded"), request.getfixturevalue(backbone), tiny)
        params = YAML(typ="safe").load((repository.folder / "params.yaml").read_text())
        task = params["tasks"]["tiny"]
        for number, domain in enumerate([task["source"], *task["targets"]]):
            domain["shots"] = 2 if number == 1 else None
        if modality == "text":
            task["preprocess"]["scrub"] = "all"
            task["finetune"]["noise"] = 0.1
        repository.write_params(params)
        found[modality] = {"params": YAML(typ="safe").load((repository.folder / "params.yaml").read_text())}
        for stage in STAGES:
            printed = repository.run(sys.executable, "-X", "utf8", script, stage, "tiny")
            last = next(line for line in printed.splitlines() if line.startswith('{"modules"'))
            found[modality][stage] = json.loads(last)
    return found


@pytest.mark.parametrize("modality", TINY)
@pytest.mark.parametrize("stage", STAGES)
def test_modules(stage, modality, recorded):
    task = recorded[modality]["params"]["tasks"]["tiny"]
    code = [Path(entry) for entry in listed(stage, "deps", task) if entry.startswith("stages")]
    files = {
        file.relative_to(ROOT).as_posix()
        for entry in code
        for file in ((ROOT / entry).rglob("*.py") if (ROOT / entry).is_dir() else [ROOT / entry])
    }
    read = {name: set(recorded[name][stage]["modules"]) for name in TINY}
    if stage == "finetune":  # logged with the model, and run by MLflow to check the example
        read[modality].add("stages/shared/served_model.py")
    if stage == "compress":
        read[modality].add("stages/serving/served_model.py")
    nothing_inside = {file for file in read[modality] if len(ast.parse((ROOT / file).read_text()).body) == 1}
    assert read[modality] - nothing_inside <= files
    assert files <= set.union(*read.values())  # one list for all modalities: what none of them reads is not in it


@pytest.mark.parametrize("modality", TINY)
@pytest.mark.parametrize("stage", STAGES)
def test_parameters(stage, modality, recorded):
    declared = set()
    for name in listed(stage, "params", recorded[modality]["params"]["tasks"]["tiny"]):
        value: Any = recorded[modality]["params"]
        for key in name.split("."):
            value = value[key]
        declared |= set(leaves(value, name))
    assert declared == set(recorded[modality][stage]["parameters"])


@pytest.mark.parametrize("stage", STAGES)
def test_data_comes_from_the_stage_before(stage):
    before = {"preprocess": "data/raw", "tokenize": "data/clean", "adapt": "data/models", "evaluate": "data/adapted"}
    before |= {"finetune": "data/tokens", "compress": "data/predictions", "stress": "data/predictions"}
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
    of_tasks = {name: block["do"]["cmd"] for name, block in DVC.items() if "foreach" in block}
    assert of_tasks == {stage: f"python -m stages.{stage} '${{key}}'" for stage in STAGES}
    of_all = {name: block["cmd"] for name, block in DVC.items() if "foreach" not in block}
    assert of_all == {"compare": "python -m stages.compare"}


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_is_of_every_task(stage):
    assert DVC[stage]["foreach"] == "${tasks}"


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("task", ["news", "digits"])
def test_code_and_parameters_that_a_stage_lists_are_there(stage, task):
    params: Any = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    block = params["tasks"][task]
    code = [entry for entry in listed(stage, "deps", block) if entry.startswith("stages")]
    assert code and all((ROOT / entry).exists() for entry in code)
    for name in listed(stage, "params", block):
        value = {**params, "tasks": {"tiny": block}}
        for key in name.split("."):
            value = value[key]


def test_a_task_reads_no_code_of_another_modality():
    for stage in STAGES:
        for entry in DVC[stage]["do"]["deps"]:
            assert "text" not in entry and "vision" not in entry, (stage, entry)


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
        assert not read & {f"stages.{stage}" for stage in DVC}, name
        assert not any(module.split(".")[0] == "dvc" for module in read), name
        if name not in MLFLOW:
            assert not any(module.split(".")[0] == "mlflow" for module in read), name


def test_no_code_asks_for_the_modality():
    for path in (ROOT / "stages").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                assert not any(ast.unparse(side).split(".")[-1] == "modality" for side in sides), path


def test_nothing_is_pickled():
    """One packaged checkpoint comes as a pickle: its digest is checked first, and torch takes tensors alone from it."""
    for path in (ROOT / "stages").rglob("*.py"):
        assert not imports(path) & {"pickle", "joblib", "cloudpickle", "dill", "shelve"}, path
        text = path.read_text(encoding="utf-8")
        if path == ROOT / "stages/backbones/efficientnet_lite0.py":
            text = text.replace("torch.load(weights, weights_only=True)", "", 1)
        assert "torch.load(" not in text, path


@pytest.mark.skipif(
    "avx512f" not in described().split(), reason="a processor without AVX-512 has nothing to be held back"
)
@pytest.mark.parametrize("modality", TINY)
@pytest.mark.parametrize("stage", ["finetune", "adapt", "evaluate", "stress", "compress"])
def test_instructions_are_held_back_before_anything_is_computed(stage, modality, recorded):
    assert recorded[modality][stage]["instructions"] == "AVX2"

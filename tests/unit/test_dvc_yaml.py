"""dvc.yaml lists, for each stage, the folders and the parameters that the stage reads, and no others."""

import ast
from pathlib import Path
from typing import Any

import pytest
from code_structure import MODULES, closure, imported_modules, tree
from parameter_blocks import reads_of_params
from parameters_read import APPLIED, read_parameters
from repository import ROOT
from ruamel.yaml import YAML

from crossfer.config.params import PARAMS

MODALITIES = ("text", "vision")
STAGES = ["ingest", "preprocess", "tokenize", "finetune", "adapt", "evaluate", "stress", "compress"]  # of each task
DVC = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
NO_EFFECT = ("ingest", "preprocess", "tokenize")  # stages that need not list APPLIED, since they run no model


def block(stage: str) -> dict[str, Any]:
    """Return a stage of dvc.yaml."""
    return DVC[stage].get("do", DVC[stage])


def listed(stage: str, key: str, modality: str) -> list[str]:
    """Return entries of a stage in dvc.yaml, with the modality filled in."""
    return [entry.replace("${item.modality}", modality) for entry in block(stage)[key]]


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("stage", DVC)
def test_code(stage, modality):
    """A stage lists all folders that it imports code from, and no others."""
    entries = [entry for entry in listed(stage, "deps", modality) if entry.startswith(("crossfer/", "stages/"))]
    read = {MODULES[name].relative_to(ROOT).as_posix() for name in closure(f"stages.{stage}", modality)}
    assert not [file for file in read if not any(Path(file).is_relative_to(entry) for entry in entries)]
    other = {
        MODULES[name].relative_to(ROOT).as_posix() for one in MODALITIES for name in closure(f"stages.{stage}", one)
    }
    read = {file.replace("/vision", f"/{modality}").replace("/text", f"/{modality}") for file in other}
    assert not [entry for entry in entries if not any(Path(file).is_relative_to(entry) for file in read)]


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("stage", DVC)
def test_parameters(stage, modality):
    """A stage lists all parameters that it reads, and no others."""
    entries = [entry.replace("tasks.${key}.", "task.") for entry in block(stage)["params"]]
    read = read_parameters(stage, modality) - ({APPLIED} if stage in NO_EFFECT else set())
    assert not [name for name in read if not any(is_part(name, entry) for entry in entries)]
    assert not [entry for entry in entries if not any(is_part(name, entry) for name in read)]


@pytest.mark.parametrize("stage", NO_EFFECT)
def test_stages_that_instructions_do_not_affect_run_no_model(stage):
    """Torch at most reads a packaged backbone's weights there."""
    code = {name for modality in MODALITIES for name in closure(f"stages.{stage}", modality)}
    assert not [name for name in code if {"modeling", "model"} & set(name.split("."))]


def is_part(name: str, block: str) -> bool:
    """Tell whether a parameter is a block, or lies in it."""
    return f"{name}.".startswith(f"{block}.")


def test_compare_depends_on_all_tasks():
    assert DVC["compare"]["params"] == ["tasks"]


@pytest.mark.parametrize("stage", DVC)
def test_only_the_script_of_a_stage_reads_params_yaml(stage):
    """So that the parameters which its script reads are all that it reads."""
    code = {name for modality in MODALITIES for name in closure(f"stages.{stage}", modality)}
    found = {name: [text for _, text in reads_of_params(tree(name))] for name in code - {f"stages.{stage}"}}
    assert set(found.pop("crossfer.config.params")) == {"load_params", "load_task", f"'{PARAMS}'"}  # where it is read
    if "crossfer.tracking.run" in found:
        assert found.pop("crossfer.tracking.run") == [f"'{PARAMS}'"]  # a file whose commit a run names
    assert not {name: texts for name, texts in found.items() if texts}


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


def test_what_git_should_show_is_not_in_the_cache():
    block = DVC["evaluate"]["do"]
    for entry in [*block["metrics"], *block["plots"]]:
        (options,) = entry.values()
        assert options["cache"] is False


def test_no_code_asks_for_the_modality():
    for path in MODULES.values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                assert not any(ast.unparse(side).split(".")[-1] == "modality" for side in sides), path


def test_nothing_is_pickled():
    """One packaged checkpoint comes as a pickle: its digest is checked first, and torch takes tensors alone from it."""
    for name, path in MODULES.items():
        assert not imported_modules(name, third_party=True) & {"pickle", "joblib", "cloudpickle", "dill", "shelve"}, (
            path
        )
        text = path.read_text(encoding="utf-8")
        if path == ROOT / "crossfer/backbones/efficientnet_lite0.py":
            text = text.replace("torch.load(weights, weights_only=True)", "", 1)
        assert "torch.load(" not in text, path

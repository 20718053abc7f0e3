"""dvc.yaml lists exactly the folders and the parameters that each stage reads."""

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


def code_files(stage: str, modality: str) -> set[str]:
    """Return the files of the modules that a stage imports, directly or not."""
    return {MODULES[name].relative_to(ROOT).as_posix() for name in closure(f"stages.{stage}", modality)}


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("stage", DVC)
def test_a_stage_lists_the_folders_of_its_code(stage, modality):
    """And no others: each is imported for one modality at least."""
    deps = [entry.replace("${item.modality}", modality) for entry in block(stage)["deps"]]
    folders = [entry for entry in deps if entry.startswith(("crossfer/", "stages/"))]
    files = code_files(stage, modality)
    assert not [file for file in files if not any(Path(file).is_relative_to(folder) for folder in folders)]
    files = code_files(stage, "text") | code_files(stage, "vision")
    files = {file.replace("/vision", f"/{modality}").replace("/text", f"/{modality}") for file in files}
    assert not [folder for folder in folders if not any(Path(file).is_relative_to(folder) for file in files)]


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("stage", DVC)
def test_a_stage_lists_the_parameters_that_it_reads(stage, modality):
    """And no others."""
    entries = [entry.replace("tasks.${key}.", "task.") for entry in block(stage)["params"]]
    read = read_parameters(stage, modality) - ({APPLIED} if stage in NO_EFFECT else set())
    assert not [name for name in read if not any(is_part(name, entry) for entry in entries)]
    assert not [entry for entry in entries if not any(is_part(name, entry) for name in read)]


@pytest.mark.parametrize("stage", NO_EFFECT)
def test_stages_that_do_not_list_instructions_run_no_model(stage):
    """Torch only reads the weights of a packaged backbone there."""
    code = {name for modality in MODALITIES for name in closure(f"stages.{stage}", modality)}
    assert not [name for name in code if {"modeling", "model"} & set(name.split("."))]


def is_part(name: str, block: str) -> bool:
    """Return whether a parameter is a block or in the block."""
    return f"{name}.".startswith(f"{block}.")


def test_compare_depends_on_all_tasks():
    assert DVC["compare"]["params"] == ["tasks"]


@pytest.mark.parametrize("stage", DVC)
def test_only_the_script_of_a_stage_reads_params_yaml(stage):
    """The parameters that its script reads are then all that the stage reads."""
    code = {name for modality in MODALITIES for name in closure(f"stages.{stage}", modality)}
    reads = {name: [text for _, text in reads_of_params(tree(name))] for name in code - {f"stages.{stage}"}}
    assert set(reads.pop("crossfer.config.params")) == {"load_params", "load_task", f"'{PARAMS}'"}
    if "crossfer.tracking.run" in reads:
        assert reads.pop("crossfer.tracking.run") == [f"'{PARAMS}'"]  # it names the file only
    assert not {name: texts for name, texts in reads.items() if texts}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_data_of_the_previous_stage(stage):
    inputs = {"preprocess": "data/raw", "tokenize": "data/clean", "adapt": "data/models", "evaluate": "data/adapted"}
    inputs |= {"finetune": "data/tokens", "compress": "data/predictions", "stress": "data/predictions"}
    data = [entry for entry in DVC[stage]["do"]["deps"] if entry.startswith("data/")]
    outs = [entry if isinstance(entry, str) else next(iter(entry)) for entry in DVC[stage]["do"].get("outs", [])]
    assert all(out.startswith("data/") for out in outs)
    if stage == "evaluate":
        assert "data/models/${key}" in data
    if stage in inputs:
        assert any(entry.startswith(inputs[stage]) for entry in data)


def test_finetune_cannot_read_a_target():
    """Of data/tokens, finetune depends only on the source's table and the encoder."""
    data = [entry for entry in DVC["finetune"]["do"]["deps"] if entry.startswith("data/")]
    assert data == ["data/tokens/${key}/${item.source.domain}.parquet", "data/tokens/${key}/encoder"]


def test_stages_run_as_modules():
    per_task = {name: block["do"]["cmd"] for name, block in DVC.items() if "foreach" in block}
    assert per_task == {stage: f"python -m stages.{stage} '${{key}}'" for stage in STAGES}
    once = {name: block["cmd"] for name, block in DVC.items() if "foreach" not in block}
    assert once == {"compare": "python -m stages.compare"}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_for_every_task(stage):
    assert DVC[stage]["foreach"] == "${tasks}"


def test_metrics_and_plots_are_in_git_and_not_in_the_cache():
    block = DVC["evaluate"]["do"]
    for entry in [*block["metrics"], *block["plots"]]:
        (options,) = entry.values()
        assert options["cache"] is False


def test_no_code_compares_the_modality():
    for path in MODULES.values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                assert not any(ast.unparse(side).split(".")[-1] == "modality" for side in sides), path


def test_no_code_reads_pickles():
    """torch loads one packaged checkpoint, tensors only, after a check of its hash."""
    for name, path in MODULES.items():
        assert not imported_modules(name, third_party=True) & {"pickle", "joblib", "cloudpickle", "dill", "shelve"}, (
            path
        )
        text = path.read_text(encoding="utf-8")
        if path == ROOT / "crossfer/backbones/efficientnet_lite0.py":
            text = text.replace("torch.load(weights, weights_only=True)", "", 1)
        assert "torch.load(" not in text, path

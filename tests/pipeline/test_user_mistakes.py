"""A user's mistakes end a stage with a sentence and status 2, before any work."""

from pathlib import Path

import pytest
from repository import ROOT, tiny_params


def test_a_mistake_ends_with_a_sentence_and_status_2(empty_repository):
    params = tiny_params(Path("nowhere"))
    params["tasks"]["tiny"]["finetune"]["epochs"] = "many"
    empty_repository.write_params(params)
    for stage in ("ingest", "finetune"):
        said = empty_repository.stage(stage, status=2)
        assert said == (
            "error: params.yaml has a mistake:\n"
            "  tasks.tiny.finetune.epochs: expected a whole number from 1 to 1000000, got 'many'.\n"
        )


def test_mistakes_that_no_stage_would_meet_are_met_before_dvc(empty_repository):
    """`make repro` asks this module first: a key that no stage reads does not make DVC run anything."""
    empty_repository.write_params(tiny_params(Path("nowhere")) | {"tusks": 1})
    said = empty_repository.crossfer("check", status=2)
    assert said == (
        "error: params.yaml has a mistake:\n  tusks: unknown key; did you mean tasks? expected compute, tasks.\n"
    )
    assert "\tcrossfer check\n\tdvc repro\n" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize(
    ("stage", "missing"),
    [
        ("preprocess", "data/raw/tiny/domains.json"),
        ("tokenize", "data/clean/tiny/domains.json"),
        ("finetune", "data/tokens/tiny/encoder"),
        ("adapt", "data/tokens/tiny/domains.json"),
        ("evaluate", "data/models/tiny"),
        ("stress", "data/models/tiny"),
        ("compress", "data/tokens/tiny/domains.json"),
    ],
)
def test_a_stage_run_too_early(empty_repository, stage, missing):
    said = empty_repository.stage(stage, status=2)
    assert said.endswith(f"error: {missing} does not exist; an earlier stage writes it: run `dvc repro`.\n")


def test_a_wrong_command_line(empty_repository):
    assert "Missing argument" in empty_repository.run("python", "-m", "stages.ingest", status=2)


def test_a_tracking_store_that_cannot_be_used(tokenized):
    """Said before any training, and without the password that an address may hold."""
    address = "carrier-pigeon://someone:hunter2@loft"
    for command in (("stages.finetune", "tiny"), ("crossfer", "promote", "tiny")):
        said = tokenized.run("python", "-m", *command, status=2, MLFLOW_TRACKING_URI=address)
        assert said.startswith("error: the tracking store carrier-pigeon://loft cannot be used: ")
        assert said.count("\n") == 1 and "hunter2" not in said

"""A user's mistake ends a stage with a message and status 2, before any work."""

import re
from pathlib import Path

import pytest
from repository import ROOT, tiny_params


def test_wrong_parameter_ends_a_stage_with_status_2(empty_repository):
    params = tiny_params(Path("nowhere"))
    params["tasks"]["tiny"]["finetune"]["epochs"] = "many"
    empty_repository.write_params(params)
    for stage in ("ingest", "finetune"):
        output = empty_repository.stage(stage, status=2)
        assert re.sub(r"line \d+", "line 7", output) == (
            "error: params.yaml has a mistake:\n"
            "  line 7: tasks.tiny.finetune.epochs: expected a whole number from 1 to 1000000, got 'many'.\n"
        )


def test_check_reports_an_unknown_key(empty_repository):
    """`make repro` runs `crossfer check`, since DVC ignores keys that no stage reads."""
    empty_repository.write_params(tiny_params(Path("nowhere")) | {"tusks": 1})
    output = empty_repository.crossfer("check", status=2)
    assert re.sub(r"line \d+", "line 7", output) == (
        "error: params.yaml has a mistake:\n"
        "  line 7: tusks: unknown key; did you mean tasks? expected compute, tasks, defaults.\n"
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
        ("compress", "data/models/tiny"),
    ],
)
def test_stage_reports_a_missing_input(empty_repository, stage, missing):
    output = empty_repository.stage(stage, status=2)
    assert output.endswith(f"error: {missing} does not exist; an earlier stage writes it: run `dvc repro`.\n")


def test_stage_reports_a_missing_argument(empty_repository):
    assert "Missing argument" in empty_repository.run("python", "-m", "stages.ingest", status=2)


def test_invalid_store_address_ends_a_stage(tokenized):
    """The message comes before any training, without the password in the address."""
    address = "carrier-pigeon://someone:hunter2@loft"
    for command in (("stages.finetune", "tiny"), ("crossfer", "promote", "tiny")):
        output = tokenized.run("python", "-m", *command, status=2, MLFLOW_TRACKING_URI=address)
        assert output.startswith("error: the tracking store carrier-pigeon://loft cannot be used: ")
        assert output.count("\n") == 1 and "hunter2" not in output

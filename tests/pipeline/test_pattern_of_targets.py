"""A new match of a target pattern reruns ingest and becomes a domain."""

import json
import shutil

import pytest
from repository import ROOT, Repository, tiny_params
from ruamel.yaml import YAML

COLUMNS = {"text": "text", "label": "topic", "id": "id"}


def pattern_params(backbone) -> dict:
    params = tiny_params(backbone)
    task = params["tasks"]["tiny"]
    task["files"] = "mine"
    task["source"] = {"domain": "en", "provider": "table", "path": "mine/en.csv", "columns": COLUMNS}
    task["targets"] = [{**task["source"], "domain": "{language}", "path": "mine/{language}.csv"}]
    return params


@pytest.fixture
def repository(tmp_path, tiny_backbone):
    repository = Repository(tmp_path, tiny_backbone, pattern_params)
    add_language(repository, "en")
    add_language(repository, "sw")
    return repository


def add_language(repository, code):
    folder = repository.folder / "mine"
    folder.mkdir(exist_ok=True)
    shutil.copy(ROOT / f"data/probe/{code}.csv", folder)


def test_a_new_match_is_a_new_domain(repository):
    output = repository.run("dvc", "repro", "ingest@tiny")
    assert "ingest tiny: mine/{language}.csv matches 1 target: sw (left out: en)\n" in output
    lock = YAML(typ="safe").load(repository.folder / "dvc.lock")["stages"]["ingest@tiny"]["params"]["params.yaml"]
    assert lock["tasks.tiny.targets"][0]["domain"] == "{language}"
    add_language(repository, "hi")
    output = repository.run("dvc", "repro", "ingest@tiny")
    assert "matches 2 targets: hi, sw (left out: en)\n" in output
    manifest = json.loads((repository.folder / "data/raw/tiny/manifest.json").read_text(encoding="utf-8"))
    assert {name: entry["language"] for name, entry in manifest.items()} == {"en": "en", "hi": "hi", "sw": "sw"}
    assert "didn't change" in repository.run("dvc", "repro", "ingest@tiny")
    (repository.folder / "mine/hi.csv").unlink()
    (repository.folder / "mine/sw.csv").unlink()
    output = repository.run("dvc", "repro", "ingest@tiny", status=255)
    assert "error: mine/{language}.csv matches no target (left out: en); correct the path in params.yaml." in output

"""`crossfer check` reads the user's data before training and lists mistakes."""

import io
import os
import re
from pathlib import Path

import numpy as np
import pytest
from own_tables import TOPICS, records, review, write
from PIL import Image
from repository import tiny_params, tiny_vision_params
from ruamel.yaml import YAML
from typer.testing import CliRunner

from crossfer.commands.cli import app
from crossfer.config.params import PARAMS

COLUMNS = {"text": "text", "label": "label"}


def check(*arguments: str, status: int = 0) -> str:
    """Run `crossfer check` in this process."""
    result = CliRunner().invoke(app, ["check", *arguments], prog_name="crossfer")
    assert result.exit_code == status, result.output
    return result.output


def cells(output: str, domain: str) -> dict[str, str]:
    """Return the cells of a domain's row by the header's names."""
    lines = output.splitlines()
    (header,) = [line for line in lines if line.startswith("domain ")]
    (row,) = [line for line in lines if re.match(f"{domain} ", line)]
    starts = [match.start() for match in re.finditer(r"\S+( \S+)*", header)]
    ends = [*starts[1:], None]
    return {header[a:b].strip(): row[a:b].strip() for a, b in zip(starts, ends, strict=True)}


@pytest.fixture
def task(tmp_path, monkeypatch, tiny_backbone):
    """The parameters of a task of tables without mistakes, written on request."""
    monkeypatch.chdir(tmp_path)
    params = tiny_params(tiny_backbone)
    domains = [
        {
            "domain": name,
            "provider": "table",
            "path": write(f"data/mine/{name}.csv", records(60, name)),
            "columns": COLUMNS,
        }
        for name in ("en", "sw")
    ]
    params["tasks"]["tiny"] |= {"files": "data/mine", "source": domains[0], "targets": domains[1:]}
    params["tasks"]["tiny"]["stress"]["out_of_distribution"] = "none"
    params["tasks"]["tiny"]["tokenize"]["max_length"] = 60
    YAML().dump(params, PARAMS)
    return params["tasks"]["tiny"]


def test_a_task_without_mistakes(task):
    output = check()
    assert output.startswith("params.yaml is valid: 1 task (tiny).\n\ntiny, text:\n")
    assert "unknown labels" not in output and "max_length" not in output
    row = cells(output, "en")
    assert (row["rows"], row["labels"], row["dropped"]) == ("60", "2: goods 30, service 30", "none")
    assert (row["train"], row["validation"], row["test"], row["truncated"]) == ("42", "6", "12", "0.0 %")
    assert cells(output, "sw")["test"] == "60"
    assert re.search(r"Training takes about \d+ (s|min): an estimate from a few steps on this machine", output)
    assert not list(Path().glob("data/raw")) + list(Path().glob("data/clean"))


def test_what_preprocess_will_drop_and_tokenize_will_truncate(task):
    rows = records(60, "sw")
    rows[1] |= {"text": "?!"}
    rows[2] |= {"text": "short"}
    rows[4] |= {"text": rows[3]["text"], "label": rows[3]["label"]}
    rows[5] |= {"text": review(5, "sw") + " word" * 40}
    rows[7] |= {"label": "other"}
    write("data/mine/sw.csv", rows)
    row = cells(output := check(), "sw")
    assert row["rows"] == "60"
    assert sorted(row["dropped"].split(", ")) == ["duplicate 1", "empty 1", "too_small 1"]
    assert (row["test"], row["unknown labels"], row["truncated"]) == ("57", "other 1", "1.8 %")
    assert "To leave them out of a table, write labels: {'other': null} into the target's entry." in output
    assert "Texts with more than 60 tokens are truncated. To read more of them, raise tokenize.max_length" in output


def test_truncated_texts_are_counted_in_a_sample(task):
    assert "are estimates" not in check()
    write("data/mine/sw.csv", records(450, "sw"))
    output = check()
    assert cells(output, "sw")["test"] == "450"
    assert "The fractions of truncated texts are estimates, from at most 150 rows per domain.\n" in output


def test_cells_end_with_complete_names(task):
    names = ["science/technology", "geography and travel", "entertainment and culture", "politics"]
    for domain in ("en", "sw"):
        rows = [{**row, "label": names[number % 4]} for number, row in enumerate(records(60, domain))]
        write(f"data/mine/{domain}.csv", rows)
    assert cells(check(), "en")["labels"] == "4: science/technology 15, geography and travel 15, 2 more"


def test_all_mistakes_are_listed(task):
    task["targets"] += [
        {"domain": name, "provider": "table", "path": f"data/mine/{name}.csv", "columns": COLUMNS}
        for name in ("fr", "de", "es")
    ]
    YAML().dump({"compute": YAML(typ="safe").load(PARAMS)["compute"], "tasks": {"tiny": task}}, PARAMS)
    write("data/mine/de.csv", [{**row, "label": f"die {row['label']}"} for row in records(60, "de")])
    write("data/mine/es.csv", [row for row in records(5, "es") for _ in range(2)])
    output = check(status=2)
    assert "error: 3 errors:\n  data/mine/fr.csv does not exist" in output
    assert "\n  domain de has no label of the source: it has 'die goods', 'die service', the source" in output
    assert "\n  domain es of task tiny loses 50.0 % of its 10 rows (duplicate: 5)" in output
    assert cells(output, "fr")["rows"] == "not read"
    assert "Training takes" not in output


def test_domains_are_compared_as_ingest_does(task):
    target = task["targets"][0]
    target |= {"labels": {"sprot": None}, "parallel": True, "columns": {**COLUMNS, "id": "id"}}
    YAML().dump({"compute": YAML(typ="safe").load(PARAMS)["compute"], "tasks": {"tiny": task}}, PARAMS)
    write("data/mine/sw.csv", [{**row, "id": number} for number, row in enumerate(records(60, "sw"))])
    assert "error: labels of domain sw renames 'sprot', which no row has" in check(status=2)
    target["labels"] = {"goods": "Goods"}
    YAML().dump({"compute": YAML(typ="safe").load(PARAMS)["compute"], "tasks": {"tiny": task}}, PARAMS)
    output = check(status=2)
    assert "domain sw has the label 'Goods' and the source en has 'goods', which differ only in case" in output
    assert "domain sw is parallel, but none of its ids, such as '0', is in another domain" in output


def test_splits_and_options_are_checked(task):
    task["source"]["path"] = {"test": task["source"]["path"]}
    task["tokenize"]["max_length"] = 4096
    YAML().dump({"compute": YAML(typ="safe").load(PARAMS)["compute"], "tasks": {"tiny": task}}, PARAMS)
    output = check(status=2)
    assert "domain en has the splits test, but needs train" in output
    assert "tokenize.max_length is 4096, the backbone takes at most" in output


def test_the_time_is_estimated_only_before_the_first_training(task):
    Path("data/models/tiny").mkdir(parents=True)
    assert "Training takes" not in check("tiny")


def test_waiting_threads_do_not_compute(task, monkeypatch):
    """The training time is estimated from seconds of computing."""
    monkeypatch.setenv("OMP_WAIT_POLICY", "")
    monkeypatch.delenv("OMP_WAIT_POLICY")
    check("tiny")
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"


def test_images(tmp_path, monkeypatch, tiny_vision_backbone):
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(0)
    for style in ("photos", "drawings"):
        for number in range(40):
            folder = Path("data/mine", style, TOPICS[number % 2])
            folder.mkdir(parents=True, exist_ok=True)
            file = io.BytesIO()
            Image.fromarray(generator.integers(0, 255, (12, 12, 3), np.uint8)).save(file, "PNG")
            (folder / f"{number}.png").write_bytes(file.getvalue())
    params = tiny_vision_params(tiny_vision_backbone)
    domains = [{"domain": name, "provider": "folder", "path": f"data/mine/{name}"} for name in ("photos", "drawings")]
    task = params["tasks"]["tiny"]
    task |= {"files": "data/mine", "source": domains[0], "targets": domains[1:]}
    task["preprocess"] |= {"framing": "none", "max_drop_fraction": 0.9}
    task["stress"]["out_of_distribution"] = "none"
    YAML().dump(params, PARAMS)
    output = check()
    assert cells(output, "photos")["rows"] == "40" and "truncated" not in output and "language" not in output
    assert "Training takes about" in output


def test_tasks_that_share_blocks(task):
    """The pipeline works, but `dvc exp run -S` does not change one task only."""
    params = YAML(typ="safe").load(PARAMS)
    params["tasks"]["copy"] = dict(params["tasks"]["tiny"])
    params["tasks"]["copy"]["evaluate"] = dict(task["evaluate"])
    YAML().dump(params, PARAMS)
    warning = (
        "warning: tasks tiny and copy share blocks of params.yaml, so `dvc exp run -S` would change both or neither"
    )
    assert warning not in check("tiny")
    output = check("copy")
    assert warning in output and "\n  finetune: {<<: *" in output and "\n  evaluate:" not in output

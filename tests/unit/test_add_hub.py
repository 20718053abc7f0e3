"""`crossfer add` with a data set of a local Hub, or without a network."""

import os
import subprocess
import sys

import datasets
import pytest
from hub_server import COMMIT, serve_data_set
from own_tables import added_task, copy_params, records, write
from repository import ROOT


@pytest.fixture(autouse=True)
def repository(tmp_path, monkeypatch):
    """A folder with params.yaml and a target."""
    monkeypatch.chdir(tmp_path)
    copy_params()
    write("data/mine/sw.csv", [{**row, "label": {"goods": "ham"}.get(row["label"], "spam")} for row in records()])
    return tmp_path


def add(source: str, **environment: str) -> subprocess.CompletedProcess:
    """Run `crossfer add` in a new process: Hub clients read variables on import."""
    command = [sys.executable, "-m", "crossfer", "add", "mail", source, "--target", "data/mine/sw.csv"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_data_set_of_the_hub(tmp_path):
    (tmp_path / "files/data").mkdir(parents=True)
    names = datasets.ClassLabel(names=["ham", "spam"])
    features = datasets.Features({"message": datasets.Value("string"), "label": names, "n": datasets.Value("int64")})
    for split in ("train", "test", "unsupervised"):
        columns = {"message": [f"a {split} message {n}" for n in range(20)], "label": [0, 1] * 10, "n": [7] * 20}
        dataset = datasets.Dataset.from_dict(columns, features)
        dataset.to_parquet(tmp_path / f"files/data/{split}-00000-of-00001.parquet")
    with serve_data_set("someone/mail", tmp_path / "files") as address:
        hub = {"HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "0"}
        unknown = add("en=someone/nothing", **hub)
        process = add("en=someone/mail", **hub)
    assert process.returncode == 0, process.stderr
    source = added_task("mail").source
    assert (source.name, source.revision, source.configuration) == ("someone/mail", COMMIT, None)
    assert (source.split, source.columns.text, source.columns.label) == (
        {"train": "train", "test": "test"},
        ["message"],
        "label",
    )
    assert "2: ham 20, spam 20" in process.stdout
    assert "note: en: splits left out: unsupervised.\n" in process.stdout
    assert unknown.returncode == 2 and "the data set someone/nothing of the Hugging Face Hub" in unknown.stderr


def test_two_names_of_one_split_are_refused(tmp_path):
    (tmp_path / "files").mkdir()
    card = "---\nconfigs:\n- config_name: default\n  data_files:\n"
    for split in ("train", "dev", "validation"):
        card += f"  - {{split: {split}, path: {split}.csv}}\n"
        (tmp_path / "files" / f"{split}.csv").write_text("text,label\na text,ham\n")
    (tmp_path / "files/README.md").write_text(f"{card}---\n")
    with serve_data_set("someone/mail", tmp_path / "files") as address:
        process = add("en=someone/mail", HF_ENDPOINT=address, HF_HOME=str(tmp_path / "home"), HF_HUB_OFFLINE="0")
    assert process.returncode == 2
    assert (
        "data set someone/mail has several splits for validation (dev, validation); write its block" in process.stderr
    )


def test_without_a_network(tmp_path):
    process = add("en=someone/mail", HF_HUB_OFFLINE="1")
    assert (process.returncode, process.stderr.count("\n")) == (2, 1)
    assert process.stderr.startswith(
        "error: someone/mail is no path, and the data set someone/mail of the Hugging Face"
    )
    assert "check the connection" in process.stderr

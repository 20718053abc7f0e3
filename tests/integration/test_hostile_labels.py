"""Labels that attack shells, paths, pages, tables and MLflow: refused or escaped."""

import csv
import json
from html.parser import HTMLParser

import pandas as pd
import pytest
from hostile_texts import LABELS
from repository import ROOT, Repository, tiny_params

from crossfer.artifacts import io
from crossfer.errors import UserError
from crossfer.sources.checks import check_label

pytestmark = pytest.mark.timeout(1200)
ACCEPTED = [*(label for label in LABELS if not set(label) & set("\n\u202e") and len(label) < 100), "a | b", "$\\x$"]
REFUSED = ["two\tparts", "two\nlines", "\x1b[2J", "\0", "\u200b", "\u2060\u200d", "\u202egpj.exe", "long " * 2_000]


def own_params(backbone) -> dict:
    params = tiny_params(backbone)
    table = {"provider": "table", "columns": {"text": "text", "label": "label"}}
    task = params["tasks"]["tiny"]
    task["files"] = "mine"
    task["source"] = {"domain": "en", "path": "mine/en.jsonl", **table}
    task["targets"] = [{"domain": "sw", "path": "mine/sw.jsonl", **table}]
    return params


def write_table(folder, code, labels, rows_per_label=10):
    texts = pd.read_csv(ROOT / f"data/probe/{code}.csv")["text"]
    rows = [
        (label, f"{texts[(index + 7 * number) % 60]} {index} {number}")
        for index, label in enumerate(labels)
        for number in range(rows_per_label)
    ]
    (folder / "mine").mkdir(exist_ok=True)
    lines = (json.dumps({"label": label, "text": text}) + "\n" for label, text in rows)
    (folder / f"mine/{code}.jsonl").write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def repository(tmp_path_factory, tiny_backbone):
    folder = tmp_path_factory.mktemp("labels") / "repository"
    folder.mkdir()
    repository = Repository(folder, tiny_backbone, own_params)
    for code in ("en", "sw"):
        write_table(repository.folder, code, ACCEPTED)
    repository.commit("data")
    before = set(repository.folder.parent.iterdir())
    repository.run("dvc", "repro")
    assert set(repository.folder.parent.iterdir()) == before
    return repository


def list_files(folder):
    return [path for path in folder.rglob("*") if ".dvc" not in path.parts and ".git" not in path.parts]


def test_labels_are_in_no_file_name(repository):
    for path in list_files(repository.folder):
        assert "pwned" not in path.name and "<script" not in path.name and "rm -rf" not in path.name, path


def test_outputs_contain_the_labels_unchanged(repository):
    assert read_json(repository, "data/raw/tiny/manifest.json")["en"]["labels"] == dict.fromkeys(sorted(ACCEPTED), 10)
    assert read_json(repository, "data/reports/tiny/metrics.json")["labels"] == sorted(ACCEPTED)
    assert read_json(repository, "data/onnx/tiny/classifier.json")["labels"] == sorted(ACCEPTED)
    config = read_json(repository, "data/models/tiny/config.json")
    assert [config["id2label"][str(number)] for number in range(len(ACCEPTED))] == sorted(ACCEPTED)
    predictions = pd.read_parquet(repository.folder / "data/predictions/tiny.parquet")
    assert set(predictions["label"]) == set(ACCEPTED)


def read_json(repository, path):
    return json.loads((repository.folder / path).read_text(encoding="utf-8"))


class Elements(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.names |= {tag, *(name for name, _ in attrs)}


def test_labels_are_escaped_in_html(repository):
    pages = list((repository.folder / "data").rglob("*.html"))
    assert {page.name for page in pages} == {"summary.html", "mistakes.html"}
    for page in pages:
        names = Elements(page.read_text(encoding="utf-8")).names
        assert not names & {"script", "iframe", "object", "embed", "link", "base", "form", "onerror", "onload", "a"}
    mistakes = (repository.folder / "data/reports/tiny/mistakes.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in mistakes


def test_labels_are_escaped_in_markdown(repository):
    cards = [f"data/{folder}/tiny/{name}" for folder in ("reports", "onnx") for name in ("README.md", "LICENSE.md")]
    for path in (*cards, "data/summary/summary.md"):
        text = (repository.folder / path).read_text(encoding="utf-8")
        assert "<script" not in text.replace("\\<script", "")
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert rows and all(line.endswith("|") for line in rows)


def test_labels_are_no_formulas_in_csv(repository):
    for name in ("classes.csv", "predictions.csv", "accuracy.csv", "learning_curve.csv"):
        with (repository.folder / "data/reports/tiny" / name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    table = pd.read_csv(repository.folder / "data/reports/tiny/predictions.csv", keep_default_na=False)
    assert {"'=1+1", "'@SUM(A1)"} <= set(table["label"])
    predictions = pd.read_parquet(repository.folder / "data/predictions/tiny.parquet")
    is_correct = (predictions["label"] == predictions["prediction"]).tolist()
    assert (table["label"] == table["prediction"]).tolist() == is_correct
    assert "file://" in repository.run("dvc", "plots", "show")


def test_write_csv_escapes_formulas_but_not_numbers(tmp_path):
    frame = pd.DataFrame({"label": ["-1", "+1", "-1.5", "-1+1", "=1", "-", "plain"]})
    io.write_csv(tmp_path / "a.csv", frame, ["label"])
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines == ["label", "-1", "+1", "-1.5", "'-1+1", "'=1", "'-", "plain"]


def test_promote_and_predict_accept_the_labels(repository):
    repository.crossfer("promote", "tiny")
    options = ("The bank raised its rate.", "--model", "models:/crossfer-tiny@champion", "--all")
    output = repository.crossfer("predict", "tiny", *options)
    answer = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
    assert answer["label"] in ACCEPTED and set(answer["probabilities"]) == set(ACCEPTED)
    options = ("a text", "--all", "--out", "answers.parquet")
    repository.crossfer("predict", "tiny", *options)
    columns = pd.read_parquet(repository.folder / "answers.parquet").columns
    assert {f"probability_{label}" for label in ACCEPTED} <= set(columns)


def test_ingest_refuses_a_label_with_a_tab(empty_repository, tiny_backbone):
    label = REFUSED[0]
    empty_repository.write_params(own_params(tiny_backbone))
    write_table(empty_repository.folder, "sw", ["a", "b"])
    write_table(empty_repository.folder, "en", ["a", label])
    message = empty_repository.stage("ingest", status=2).splitlines()[-1]
    assert message.startswith("error: domain en has the label ") and len(message) < 400
    assert "rename it to one visible line of at most 200 characters." in message
    assert list_files(empty_repository.folder / "data/raw") == []


def test_ingest_treats_a_blank_label_as_missing(empty_repository, tiny_backbone):
    empty_repository.write_params(own_params(tiny_backbone))
    write_table(empty_repository.folder, "en", ["a", " \u00a0\u3000"])
    assert "has no label in column 'label'" in empty_repository.stage("ingest", status=2)


def test_check_label_refuses_invisible_and_long_labels():
    for label in ACCEPTED:
        check_label("en", label)
    for label in REFUSED:
        with pytest.raises(UserError, match="rename it to one visible line"):
            check_label("en", label)

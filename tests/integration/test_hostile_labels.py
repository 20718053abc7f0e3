"""Labels that are meant to break out of shells, paths, pages, tables and MLflow: refused, or carried on."""

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
CARRIED = [*(label for label in LABELS if not set(label) & set("\n\u202e") and len(label) < 100), "a | b", "$\\x$"]
REFUSED = ["two\tparts", "two\nlines", "\x1b[2J", "\0", "\u200b", "\u2060\u200d", "\u202egpj.exe", "long " * 2_000]


def own_params(backbone) -> dict:
    params = tiny_params(backbone)
    table = {"provider": "table", "columns": {"text": "text", "label": "label"}}
    task = params["tasks"]["tiny"]
    task["files"] = "mine"
    task["source"] = {"domain": "en", "path": "mine/en.jsonl", **table}
    task["targets"] = [{"domain": "sw", "path": "mine/sw.jsonl", **table}]
    return params


def write(folder, code, labels, each=10):
    texts = pd.read_csv(ROOT / f"data/probe/{code}.csv")["text"]
    rows = [
        (label, f"{texts[(place + 7 * n) % 60]} {place} {n}") for place, label in enumerate(labels) for n in range(each)
    ]
    (folder / "mine").mkdir(exist_ok=True)
    lines = (json.dumps({"label": label, "text": text}) + "\n" for label, text in rows)
    (folder / f"mine/{code}.jsonl").write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny_backbone):
    inside = tmp_path_factory.mktemp("labels") / "inside"
    inside.mkdir()
    repository = Repository(inside, tiny_backbone, own_params)
    for code in ("en", "sw"):
        write(repository.folder, code, CARRIED)
    repository.commit("data")
    before = set(repository.folder.parent.iterdir())
    repository.run("dvc", "repro")
    assert set(repository.folder.parent.iterdir()) == before
    return repository


def everything(folder):
    return [path for path in folder.rglob("*") if ".dvc" not in path.parts and ".git" not in path.parts]


def test_no_command_ran_and_no_file_has_a_name_of_a_label(made):
    for path in everything(made.folder):
        assert "pwned" not in path.name and "<script" not in path.name and "rm -rf" not in path.name, path


def test_labels_are_the_same_everywhere(made):
    assert read(made, "data/raw/tiny/manifest.json")["en"]["labels"] == dict.fromkeys(sorted(CARRIED), 10)
    assert read(made, "data/reports/tiny/metrics.json")["labels"] == sorted(CARRIED)
    assert read(made, "data/onnx/tiny/classifier.json")["labels"] == sorted(CARRIED)
    config = read(made, "data/models/tiny/config.json")
    assert [config["id2label"][str(number)] for number in range(len(CARRIED))] == sorted(CARRIED)
    predictions = pd.read_parquet(made.folder / "data/predictions/tiny.parquet")
    assert set(predictions["label"]) == set(CARRIED)


def read(made, path):
    return json.loads((made.folder / path).read_text(encoding="utf-8"))


class Elements(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found |= {tag, *(name for name, _ in attrs)}


def test_pages_have_no_element_of_a_label(made):
    pages = list((made.folder / "data").rglob("*.html"))
    assert {page.name for page in pages} == {"summary.html", "mistakes.html"}
    for page in pages:
        found = Elements(page.read_text(encoding="utf-8")).found
        assert not found & {"script", "iframe", "object", "embed", "link", "base", "form", "onerror", "onload", "a"}
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in (made.folder / "data/reports/tiny/mistakes.html").read_text()


def test_markdown_is_not_broken(made):
    for path in ("data/reports/tiny/README.md", "data/onnx/tiny/README.md", "data/summary/summary.md"):
        text = (made.folder / path).read_text(encoding="utf-8")
        assert "<script" not in text.replace("\\<script", "")
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert rows and all(line.endswith("|") for line in rows)


def test_no_cell_is_a_formula_and_plots_stay_right(made):
    for name in ("classes.csv", "predictions.csv", "accuracy.csv", "learning_curve.csv"):
        with (made.folder / "data/reports/tiny" / name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    guesses = pd.read_csv(made.folder / "data/reports/tiny/predictions.csv", keep_default_na=False)
    assert {"'=1+1", "'@SUM(A1)"} <= set(guesses["label"])
    predictions = pd.read_parquet(made.folder / "data/predictions/tiny.parquet")
    right = (predictions["label"] == predictions["prediction"]).tolist()
    assert (guesses["label"] == guesses["prediction"]).tolist() == right
    assert "file://" in made.run("dvc", "plots", "show")


def test_numbers_are_no_formulas(tmp_path):
    frame = pd.DataFrame({"label": ["-1", "+1", "-1.5", "-1+1", "=1", "-", "plain"]})
    io.write_csv(tmp_path / "a.csv", frame, ["label"])
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines == ["label", "-1", "+1", "-1.5", "'-1+1", "'=1", "'-", "plain"]


def test_mlflow_has_the_runs_and_serves_the_model(made):
    made.crossfer("promote", "tiny")
    asked = ("The bank raised its rate.", "--model", "models:/crossfer-tiny@champion", "--all")
    said = made.crossfer("predict", "tiny", *asked)
    answer = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    assert answer["label"] in CARRIED and set(answer["probabilities"]) == set(CARRIED)
    asked = ("a text", "--all", "--out", "answers.parquet")
    made.crossfer("predict", "tiny", *asked)
    columns = pd.read_parquet(made.folder / "answers.parquet").columns
    assert {f"probability_{label}" for label in CARRIED} <= set(columns)


def test_a_label_that_is_no_name_is_refused(empty_repository, tiny_backbone):
    label = REFUSED[0]
    empty_repository.write_params(own_params(tiny_backbone))
    write(empty_repository.folder, "sw", ["a", "b"])
    write(empty_repository.folder, "en", ["a", label])
    said = empty_repository.stage("ingest", status=2)
    assert said.startswith("error: domain en has the label ") and said.count("\n") == 1 and len(said) < 400
    assert "rename it to one visible line of at most 200 characters." in said
    assert not (empty_repository.folder / "data/raw").exists() or not any(
        everything(empty_repository.folder / "data/raw")
    )


def test_a_label_of_blanks_is_no_label(empty_repository, tiny_backbone):
    empty_repository.write_params(own_params(tiny_backbone))
    write(empty_repository.folder, "en", ["a", " \u00a0\u3000"])
    assert "has no label in column 'label'" in empty_repository.stage("ingest", status=2)


def test_a_label_is_checked_once_it_is_new():
    for label in CARRIED:
        check_label("en", label)
    for label in REFUSED:
        with pytest.raises(UserError, match="rename it to one visible line"):
            check_label("en", label)

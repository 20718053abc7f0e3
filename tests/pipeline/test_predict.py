"""The command predict: inputs, outputs, order, errors, and no import of torch."""

import json
import subprocess
import sys

import pandas as pd
import pytest
from repository import ROOT
from sample_texts import TEXTS, write_texts

from crossfer.artifacts.paths import TaskPaths
from crossfer.commands.predict import run
from crossfer.errors import UserError
from crossfer.serving.classifier import Classifier
from crossfer.serving.content_classifier import MAX_CONTENTS

BLOCK_IMPORTS = """
import runpy, sys
ABSENT = "torch transformers".split()
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ABSENT:
            raise ImportError(f"{name} is not installed here")
sys.meta_path.insert(0, Blocker())
"""
RUN = "runpy.run_module('crossfer', run_name='__main__')"


@pytest.fixture(scope="module")
def predict(repository):
    """Return a function that runs predict without torch and transformers."""

    def run(*arguments, task="tiny", status=0, stdin="", absent=()):
        code = (
            f"{BLOCK_IMPORTS}ABSENT += {absent!r}\nsys.argv = ['crossfer', 'predict', {task!r}, *{arguments!r}]\n{RUN}"
        )
        process = subprocess.run(
            [sys.executable, "-c", code],
            cwd=repository.folder,
            env=repository.environment,
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert process.returncode == status, process.stderr
        return process.stderr if status else [json.loads(line) for line in process.stdout.splitlines()]

    return run


def read_labels(answers):
    return [answer["label"] for answer in answers]


def test_predict_does_not_import_pandas_for_text_and_csv(predict, tmp_path):
    write_texts(tmp_path)
    for contents in (TEXTS, [str(tmp_path / "a.csv")], [str(tmp_path / "a.txt")]):
        assert len(predict(*contents, absent=("pandas", "pyarrow", "mlflow", "scipy"))) == len(TEXTS)


def test_predict_classifies_texts_of_the_command_line(predict, repository):
    answers = predict(*TEXTS)
    assert [answer["content"] for answer in answers] == TEXTS
    classifier = Classifier(repository.folder / TaskPaths("tiny").onnx)
    assert read_labels(answers) == [answer.label for answer in classifier.predict(TEXTS)]
    assert all(0 < answer["probability"] <= 1 for answer in answers)
    assert set(answers[0]) == {"content", "label", "probability"}


def test_predict_all_prints_all_probabilities(predict):
    (answer,) = predict(TEXTS[0], "--all")
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-6)
    assert answer["probabilities"][answer["label"]] == answer["probability"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "txt"])
def test_predict_reads_every_file_format(predict, tmp_path, suffix):
    write_texts(tmp_path)
    answers = predict(str(tmp_path / f"a.{suffix}"))
    assert [answer["content"] for answer in answers] == [0, 1, 2]
    assert read_labels(answers) == read_labels(predict(*TEXTS))


def test_predict_reads_standard_input(predict):
    assert read_labels(predict("-", stdin="\n".join(TEXTS) + "\n")) == read_labels(predict(*TEXTS))
    assert "error: /dev/stdin is empty; " in predict("-", status=2)


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_predict_writes_to_a_file(predict, tmp_path, suffix):
    out = tmp_path / f"out.{suffix}"
    assert predict(*TEXTS, "  ", "--all", "--out", str(out)) == []
    read = pd.read_parquet if suffix == "parquet" else lambda path: pd.read_json(path, lines=True)
    answers = read(out)
    assert answers["content"].tolist() == [*TEXTS, "  "]
    assert answers["label"].tolist()[:3] == read_labels(predict(*TEXTS))
    assert answers["error"].tolist()[3] == "the content is empty after cleaning; pass another one."
    assert answers["label"].isna().tolist() == [False, False, False, True]
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_predict_reports_an_error_per_content(predict, tmp_path):
    lines = [json.dumps({"content": value}) for value in ("the bank", None, 7, "", "the match", ["x"])]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    answers = predict(str(tmp_path / "a.jsonl"))
    assert ["label" in answer for answer in answers] == [True, False, False, False, True, False]
    assert answers[1]["error"] == "a content has the type NoneType; pass str instead."
    assert answers[2]["error"] == "a content has the type int; pass str instead."


def test_predict_reports_an_unreadable_file_and_reads_the_others(predict, tmp_path):
    for name, content in (("1.txt", TEXTS[0]), ("4.txt", TEXTS[1])):
        (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / "2.txt").touch()
    (tmp_path / "3.txt").write_bytes(b"\xff")
    answers = predict(str(tmp_path))
    assert [answer["content"] for answer in answers] == ["1.txt", "2.txt", "3.txt", "4.txt"]
    assert ["label" in answer for answer in answers] == [True, False, False, True]
    assert answers[1]["error"] == f"{tmp_path}/2.txt is empty; remove it, or add its content."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x", "--out", "answers.xlsx"], "--out answers.xlsx is a folder or does not end in .jsonl or .parquet; "),
        (["artcles.csv"], "artcles.csv does not exist; correct the name"),
        ([""], "an input is empty, perhaps a variable that is not set; "),
        (
            ["data/probe/en.csv", "--out", "data/probe/en.jsonl", "data/probe"],
            "--out data/probe/en.jsonl would replace",
        ),
        (["x", "--out", f"{'x' * 300}.jsonl"], f"{'x' * 300}.jsonl cannot be written: File name too long; name"),
        (["x", "--model", "x" * 300], f"{'x' * 300} is not a folder or an MLflow address"),
        (["x", "--fallback", "klingon"], "--fallback 'klingon' is no text encoding; name one, such as cp1252."),
        (["scans/1.png"], "scans/1.png does not exist; correct the name, or pass a text on standard input: "),
        (["x", "--model", "data/onnx/tny"], "data/onnx/tny is not a folder or an MLflow address"),
        (["x", "--out", "no/such/folder.jsonl"], "no/such/folder.jsonl cannot be written: No such file or directory; "),
        (
            ["x", "--model", "data/clean/tiny"],
            "data/clean/tiny has no complete compressed model: ",
        ),
        (
            ["x", "--model", "models:/none@champion"],
            "the tracking store has no model models:/none@champion; ",
        ),
        (["data/probe/en.csv", "--column", "body"], "data/probe/en.csv has no column 'body'; choose one of "),
    ],
)
def test_predict_reports_wrong_arguments(predict, arguments, message):
    assert f"error: {message}" in predict(*arguments, status=2)


def test_predict_keeps_the_old_output_after_an_error(predict, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"content": "x"}\n{"conte')
    (tmp_path / "out.jsonl").write_text("old\n")
    message = predict(str(tmp_path / "a.jsonl"), "--out", str(tmp_path / "out.jsonl"), status=2)
    assert "a.jsonl, line 2, is not valid JSON" in message
    assert (tmp_path / "out.jsonl").read_text() == "old\n"


def test_predict_refuses_a_model_for_another_modality(repository, monkeypatch):
    monkeypatch.chdir(ROOT)
    model = str(repository.folder / TaskPaths("tiny").onnx)
    with pytest.raises(UserError, match="does not classify the contents of task digits, whose modality is vision"):
        run("digits", ["x"], model=model)


def test_predict_does_not_replace_its_input(predict, tmp_path):
    write_texts(tmp_path)
    path = tmp_path / "a.jsonl"
    before = path.read_bytes()
    assert f"error: --out {path} would replace an input" in predict(str(path), "--out", str(path), status=2)
    assert path.read_bytes() == before


def test_predict_uses_a_logged_model(predict, repository):
    from repository import runs

    (run,) = runs(repository.client(), "compress")
    model = run.outputs.model_outputs[0].model_id
    assert read_labels(predict(*TEXTS, "--model", f"models:/{model}")) == read_labels(predict(*TEXTS))
    (finetune,) = runs(repository.client(), "finetune")
    other = finetune.outputs.model_outputs[0].model_id
    assert "is not a compressed model" in predict("x", "--model", f"models:/{other}", status=2)


def test_predictions_of_many_contents_keep_their_order(repository):
    classifier = Classifier(repository.folder / TaskPaths("tiny").onnx)
    contents = [TEXTS[number % 3] * (1 + number % 5) for number in range(MAX_CONTENTS + 70)]
    consumed = []

    def source():
        for number, text in enumerate(contents):
            consumed.append(number)
            yield text

    answers = classifier.predict(source())
    first_answer = next(answers)
    assert len(consumed) == MAX_CONTENTS  # and no more is in memory
    answers = [first_answer, *answers]
    expected = {text: next(classifier.predict([text])).label for text in set(contents)}
    assert [answer.label for answer in answers] == [expected[text] for text in contents]

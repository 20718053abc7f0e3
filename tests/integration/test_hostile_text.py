"""Hostile texts: an answer or an error, in bounded memory and linear time."""

import json
import subprocess
import sys
import time

import pytest
from hostile_texts import TEXTS, long
from repository import ROOT

from crossfer.artifacts.paths import TaskPaths
from crossfer.artifacts.text_lines import MAX_LINE_BYTES
from crossfer.modalities.text import data as text
from crossfer.modalities.text.data.cleaner import TextCleaner
from crossfer.modalities.text.data.content import MAX_READ
from crossfer.privacy.scrubber import FINDERS, Scrubber
from crossfer.serving.classifier import Classifier

EACH_TEXT_TYPE = pytest.mark.parametrize("text_type", TEXTS)
MAX_MEMORY_BYTES = 2_000_000_000  # peak of a process that loads a model and reads texts of MAX_LINE_BYTES
SCRUBBER = Scrubber(list(FINDERS))

PREDICT_SCRIPT = """
import resource, sys
from pathlib import Path
from hostile_texts import TEXTS, long
from crossfer.serving.classifier import Classifier
answers = Classifier(Path(sys.argv[1]), threads=1).predict(long(text_type, int(sys.argv[2])) for text_type in TEXTS)
results = {text_type: answer.label or answer.error for text_type, answer in zip(TEXTS, answers, strict=True)}
import json
print(json.dumps({"answers": results, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
"""

PREPROCESS_SCRIPT = """
import json, resource, sys
from pathlib import Path
from hostile_texts import long
from crossfer.modalities.text import data as text
from crossfer.preprocessing.scrubbing import add_scrubber
cleaner = add_scrubber(text.make_cleaner(decode_entities=True), ["email", "phone", "secret", "url"])
cleaned, _ = cleaner.clean(long(sys.argv[2], int(sys.argv[3])))
(ids,) = text.make_encoder(Path(sys.argv[1]), Path(sys.argv[4]), max_length=16, prefix="").encode([cleaned])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"size": text.size(cleaned), "tokens": len(ids), "peak": peak}))
"""


def run_script(script, *arguments):
    """Return the JSON that a script prints in a new process.

    The process has its own peak memory.
    """
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests/support'}", "PATH": "/usr/bin:/bin", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)
    assert process.returncode == 0, process.stderr[-2000:]
    return json.loads(process.stdout)


def takes_linear_time(work, text_type, size=20_000):
    """Return whether ten times the text takes about ten times as long.

    Quadratic work would take a hundred times as long.
    """

    def seconds(length):
        content = long(text_type, length)
        start = time.process_time()
        work(content)
        return time.process_time() - start

    return seconds(10 * size) < 30 * min(seconds(size), seconds(size)) + 0.5


def test_classifier_answers_texts_of_ten_million_characters(repository):
    report = run_script(PREDICT_SCRIPT, repository.folder / TaskPaths("tiny").onnx, MAX_LINE_BYTES)
    labels = set(Classifier(repository.folder / TaskPaths("tiny").onnx).labels)
    rejected_types = {text_type for text_type, answer in report["answers"].items() if answer not in labels}
    assert rejected_types == {
        *("line ends", "nothing", "joiners", "flags", "escapes", "emoji", "entities", "half characters")
    }
    assert {report["answers"][text_type] for text_type in rejected_types} == {
        "the content is empty after cleaning; pass another one."
    }
    assert report["peak"] < MAX_MEMORY_BYTES


@pytest.mark.parametrize("text_type", ["prose", "one token", "combining marks"])
def test_preprocessing_takes_texts_of_ten_million_characters(tiny_backbone, tmp_path, text_type):
    report = run_script(PREPROCESS_SCRIPT, tiny_backbone, text_type, MAX_LINE_BYTES, tmp_path)
    assert report["size"] > 0 and 2 < report["tokens"] <= 16
    assert report["peak"] < MAX_MEMORY_BYTES


@EACH_TEXT_TYPE
def test_cleaning_takes_linear_time(text_type):
    assert takes_linear_time(text.make_cleaner(decode_entities=True).clean, text_type)


@EACH_TEXT_TYPE
def test_scrubbing_takes_linear_time(text_type):
    assert takes_linear_time(SCRUBBER, text_type, 5_000)


@pytest.fixture(scope="module")
def encoder(tiny_backbone, tmp_path_factory):
    return text.make_encoder(tiny_backbone, tmp_path_factory.mktemp("encoder"), max_length=16, prefix="query: ")


@EACH_TEXT_TYPE
def test_encoding_takes_linear_time_and_truncates(text_type, encoder):
    content, _ = text.make_cleaner(decode_entities=True).clean(long(text_type, 50_000))
    assert len(encoder.encode([content])[0]) <= 16
    assert takes_linear_time(
        lambda length: encoder.encode([TextCleaner(decode_entities=True, drops_middle=True).clean(length)[0]]),
        text_type,
    )


@EACH_TEXT_TYPE
def test_prompts_and_templates_are_ordinary_texts(text_type, repository):
    """Instructions, templates and special tokens are classified like any text."""
    classifier = Classifier(repository.folder / TaskPaths("tiny").onnx)
    (answer,) = classifier.predict([long(text_type, 300)])
    if answer.error is None:
        assert answer.label in classifier.labels
        assert sum(answer.probabilities.values()) == pytest.approx(1)


def test_middle_of_a_long_text_is_ignored(repository):
    """Tokenizers truncate at one end, so the middle cannot change the prediction."""
    classifier = Classifier(repository.folder / TaskPaths("tiny").onnx)
    first, last = long("prose", MAX_READ), "Timu ilishinda. " * 10_000
    with_middle, without_middle = (
        list(classifier.predict([first + middle + last])) for middle in ("球队" * 1_000_000, "")
    )
    assert with_middle == without_middle


def test_cleaner_does_not_truncate():
    content = long("prose", 3 * MAX_READ).strip()
    assert text.make_cleaner(decode_entities=True).clean(content) == (content, [])


def test_encoding_in_chunks_gives_the_same_tokens(encoder, monkeypatch):
    contents = [long("prose", size) for size in (10, 3_000, 5, 7_000)]
    token_ids = encoder.encode(contents)
    monkeypatch.setattr("crossfer.modalities.text.data.encoder.CHUNK_SIZE", 1_000)
    assert [list(ids) for ids in encoder.encode(contents)] == [list(ids) for ids in token_ids]

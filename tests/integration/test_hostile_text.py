"""Texts that are meant to break something: an answer or a sentence, in bounded memory, in time that grows with them."""

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
from crossfer.modalities.text.data.content import MAX_READ
from crossfer.privacy.scrubber import KINDS, Scrubber
from crossfer.serving.classifier import Classifier

KIND = pytest.mark.parametrize("kind", TEXTS)
MEMORY = 2_000_000_000  # bytes at the peak, of a process that loads a model, for texts of MAX_LINE_BYTES
SCRUBBER = Scrubber(list(KINDS))

ANSWERED = """
import resource, sys
from pathlib import Path
from hostile_texts import TEXTS, long
from crossfer.serving.classifier import Classifier
answers = Classifier(Path(sys.argv[1]), threads=1).predict(long(kind, int(sys.argv[2])) for kind in TEXTS)
found = {kind: answer.label or answer.error for kind, answer in zip(TEXTS, answers, strict=True)}
import json
print(json.dumps({"answers": found, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
"""

PREPARED = """
import json, resource, sys
from pathlib import Path
from hostile_texts import long
from crossfer.modalities.text import data as text
from crossfer.preprocessing.scrubbing import add_scrubber
cleaner = add_scrubber(text.make_cleaner(), ["email", "phone", "secret", "url"])
cleaned, _ = cleaner.clean(long(sys.argv[2], int(sys.argv[3])))
(ids,) = text.make_encoder(Path(sys.argv[1]), Path(sys.argv[4]), max_length=16, prefix="").encode([cleaned])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"size": text.size(cleaned), "tokens": len(ids), "peak": peak}))
"""


def told(script, *arguments):
    """What a process of its own prints as JSON: its peak of memory is its own as well."""
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests/support'}", "PATH": "/usr/bin:/bin", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def grows_with_length(work, kind, size=20_000):
    """Ten times the text takes about ten times as long; a hundred times, were it quadratic."""

    def seconds(signs):
        content = long(kind, signs)
        start = time.process_time()
        work(content)
        return time.process_time() - start

    return seconds(10 * size) < 30 * min(seconds(size), seconds(size)) + 0.5


def test_a_served_model_answers_ten_million_characters_of_each_kind(repository):
    found = told(ANSWERED, repository.folder / TaskPaths("tiny").onnx, MAX_LINE_BYTES)
    labels = set(Classifier(repository.folder / TaskPaths("tiny").onnx).labels)
    without = {kind for kind, said in found["answers"].items() if said not in labels}
    assert without == {"line ends", "nothing", "joiners", "flags", "escapes", "emoji", "half characters"}
    assert {found["answers"][kind] for kind in without} == {"the content is empty after cleaning; pass another one."}
    assert found["peak"] < MEMORY


@pytest.mark.parametrize("kind", ["prose", "one token", "combining marks"])
def test_the_pipeline_prepares_ten_million_characters(tiny_backbone, tmp_path, kind):
    found = told(PREPARED, tiny_backbone, kind, MAX_LINE_BYTES, tmp_path)
    assert found["size"] > 0 and 2 < found["tokens"] <= 16
    assert found["peak"] < MEMORY


@KIND
def test_cleaning_grows_with_length(kind):
    assert grows_with_length(text.make_cleaner().clean, kind)


@KIND
def test_scrubbing_grows_with_length(kind):
    assert grows_with_length(SCRUBBER, kind, 5_000)


@pytest.fixture(scope="module")
def encoder(tiny_backbone, tmp_path_factory):
    return text.make_encoder(tiny_backbone, tmp_path_factory.mktemp("encoder"), max_length=16, prefix="query: ")


@KIND
def test_encoding_grows_with_length_and_is_cut(kind, encoder):
    content, _ = text.make_cleaner().clean(long(kind, 50_000))
    assert len(encoder.encode([content])[0]) <= 16
    assert grows_with_length(lambda signs: encoder.encode([text.load_cleaner(ROOT).clean(signs)[0]]), kind)


@KIND
def test_a_text_is_a_text(kind, repository):
    """What reads like an instruction, a template or a special token gets the labels and numbers that any text gets."""
    classifier = Classifier(repository.folder / TaskPaths("tiny").onnx)
    (answer,) = classifier.predict([long(kind, 300)])
    if answer.error is None:
        assert answer.label in classifier.labels
        assert sum(answer.probabilities.values()) == pytest.approx(1)


def test_a_long_text_is_answered_as_its_ends(repository):
    """The encoder keeps the beginning, or where a tokenizer cuts there the end; what lies between changes nothing."""
    classifier = Classifier(repository.folder / TaskPaths("tiny").onnx)
    first, last = long("prose", MAX_READ), "Timu ilishinda. " * 10_000
    whole, ends = (list(classifier.predict([first + between + last])) for between in ("球队" * 1_000_000, ""))
    assert whole == ends


def test_no_text_of_the_pipeline_is_cut():
    content = long("prose", 3 * MAX_READ).strip()
    assert text.make_cleaner().clean(content) == (content, [])


def test_large_texts_are_made_tokens_in_turn(encoder, monkeypatch):
    contents = [long("prose", size) for size in (10, 3_000, 5, 7_000)]
    together = encoder.encode(contents)
    monkeypatch.setattr("crossfer.modalities.text.data.encoder.CHUNK_SIZE", 1_000)
    assert [list(ids) for ids in encoder.encode(contents)] == [list(ids) for ids in together]

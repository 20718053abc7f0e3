"""Every reader takes any bytes: what comes out is a result or a UserError, and nothing else.

CROSSFER_FUZZ=20000 pytest -n0 tests/integration/test_fuzz.py tries so many inputs a target, new ones each time; without
it, they are 200, and the same in every run.
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hostile_texts import LABELS, TEXTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from repository import ROOT, tiny_params, whole

from crossfer.artifacts import io, model_files, paths, text_lines
from crossfer.backbones import local
from crossfer.commands import predict_inputs as inputs
from crossfer.config import params
from crossfer.errors import UserError
from crossfer.modalities.text import data as text
from crossfer.modalities.text.data.encoder import OPTIONS as ENCODER_OPTIONS
from crossfer.modalities.vision import data as vision
from crossfer.modalities.vision.data.encoder import ImageEncoder
from crossfer.privacy.scrubber import KINDS, Scrubber
from crossfer.protocols import load_graphs, load_models
from crossfer.serving.classifier import Classifier
from crossfer.sources import folder, table
from crossfer.tracking import store

GIVEN = os.environ.get("CROSSFER_FUZZ")
fuzzed = settings(
    max_examples=int(GIVEN or 200),
    derandomize=GIVEN is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
slowly = settings(fuzzed, max_examples=fuzzed.max_examples // 4)  # where an input takes long
COLUMNS = {"text": ["text"], "label": "label", "id": None}
OPTIONS = {"columns": COLUMNS, "labels": {}, "where": {}}
ODD_TEXTS = st.one_of(st.text(max_size=200), st.sampled_from([*TEXTS.values(), *LABELS]))
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), ODD_TEXTS)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner), max_leaves=9
)


@st.composite
def spoilt(draw, *good: bytes) -> bytes:
    """Bytes that were good, with some of them changed, left out, doubled or torn off."""
    content = bytearray(draw(st.sampled_from(good)))
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(content)))
        end = min(len(content), place + draw(st.integers(0, 30)))
        new = draw(st.one_of(st.binary(max_size=12), st.just(bytes(content[place:end]) * 2), st.just(b"\xff" * 4)))
        content[place:end] = new
    return bytes(content[: draw(st.one_of(st.none(), st.integers(0, len(content))))])


def answered(work: Callable[[], object]) -> None:
    """Nothing is raised but a UserError of one sentence that can be shown."""
    try:
        work()
    except UserError as error:
        assert str(error).strip() and str(error).encode("utf-8", "backslashreplace")


def separated(delimiter: str) -> st.SearchStrategy[bytes]:
    cells = st.lists(st.lists(ODD_TEXTS, min_size=1, max_size=4), max_size=6)
    joined = cells.map(lambda rows: "\n".join(delimiter.join(row) for row in rows))
    headed = joined.map(lambda rows: f"text{delimiter}label\n{rows}".encode("utf-8", "surrogatepass"))
    good = f'label{delimiter}text\na{delimiter}"x ""y"" \n z"\nb{delimiter}u\n'.encode()
    return st.one_of(st.binary(max_size=300), headed, spoilt(good))


JSON_LINES = st.lists(st.one_of(st.fixed_dictionaries({"text": VALUES, "label": VALUES}), VALUES), max_size=5)
JSON_BYTES = st.one_of(
    st.binary(max_size=300),
    JSON_LINES.map(lambda found: "\n".join(map(json.dumps, found)).encode()),
    spoilt(b'{"text": "x", "label": "y"}\n{"label": 1.0, "text": "\\ud83d"}\n'),
    st.integers(1, 5_000).map(lambda depth: b'{"text": ' + b"[" * depth),
)


def parquet(frame: pd.DataFrame) -> bytes:
    file = BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


PARQUET = spoilt(
    parquet(pd.DataFrame({"text": ["x", "y"], "label": ["a", None]})),
    parquet(pd.DataFrame({"text": [b"\xff", b"y"], "label": [1.5, float("nan")]})),
    parquet(pd.DataFrame({"text": [["x"], []], "label": [True, False]})),
)


@pytest.mark.parametrize(
    ("name", "strategy"),
    [("a.csv", separated(",")), ("a.tsv", separated("\t")), ("a.jsonl", JSON_BYTES), ("a.parquet", PARQUET)],
)
def test_tables(tmp_path, name, strategy):
    path = tmp_path / name

    @fuzzed
    @given(strategy)
    def any_bytes(content):
        path.write_bytes(content)
        answered(lambda: whole(table.read("x", str(path), **OPTIONS)))
        answered(lambda: [*inputs.read_inputs([str(path)], "text")])

    any_bytes()


@fuzzed
@given(content=st.binary(max_size=500))
def test_lines(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    answered(lambda: [*text_lines.lines(tmp_path / "a.txt")])


NAMES = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=40)
FILE_NAMES = st.one_of(NAMES, NAMES.map(lambda name: f"{name}.txt"), st.sampled_from(["train", "a.b.txt", "..x"]))


@fuzzed
@given(files=st.lists(st.tuples(st.lists(FILE_NAMES, min_size=1, max_size=3), st.binary(max_size=40)), max_size=5))
def test_folders(tmp_path_factory, files):
    root = tmp_path_factory.mktemp("folder")
    for names, content in files:
        with suppress(OSError):  # names that this disk does not take, or takes for one thing and another
            path = root.joinpath(*(name for name in names if name not in (".", "..")))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for fallback in ("none", "cp1252", "utf-16"):
        answered(lambda fallback=fallback: whole(folder.read_texts("x", str(root), fallback)))
    answered(lambda: whole(folder.read_pictures("x", str(root))))
    answered(lambda: [*inputs.read_inputs([str(root)], "text")])


def picture(kind: str, mode: str = "RGB", **options: object) -> bytes:
    file = BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (9, 9, 3), np.uint8)
    Image.fromarray(noise).convert(mode).save(file, kind, **options)
    return file.getvalue()


EXIF = Image.Exif()
EXIF[0x112] = 6
PICTURES = spoilt(
    *(picture(kind) for kind in ("PNG", "GIF", "BMP", "TIFF", "WEBP")),
    picture("JPEG", exif=EXIF),
    picture("PNG", "P", exif=EXIF, icc_profile=b"x" * 50),
    picture("TIFF", "CMYK", compression="tiff_lzw"),
)


@fuzzed
@given(content=st.one_of(st.binary(max_size=200), PICTURES))
def test_pictures(content):
    for cleaner in (vision.make_cleaner("ink", 28), vision.make_cleaner("whole", 16)):

        def work(cleaner=cleaner):
            cleaned, _ = cleaner.clean(content)
            vision.size(cleaned), vision.fingerprint(cleaned)
            ImageEncoder(8, 2, False).encode([cleaned])

        answered(work)


SCRUBBER = Scrubber(list(KINDS))


@fuzzed
@given(content=st.lists(ODD_TEXTS, max_size=6).map("".join))
def test_texts(content):
    cleaned, _ = text.make_cleaner().clean(content)
    SCRUBBER(content), SCRUBBER(cleaned)
    text.size(cleaned), text.fingerprint(cleaned), text.as_html(cleaned)


GOOD_PARAMS = (ROOT / "params.yaml").read_bytes()
KEYS = st.sampled_from(["compute", "tasks", "device", "threads", "modality", "files", "source", "targets", "backbone"])
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=12)


@fuzzed
@given(
    content=st.one_of(st.binary(max_size=200), spoilt(GOOD_PARAMS), TREES.map(lambda tree: json.dumps(tree).encode()))
)
def test_params(tmp_path, content):
    (tmp_path / "params.yaml").write_bytes(content)
    answered(lambda: params.load_params(tmp_path / "params.yaml"))


@slowly
@given(data=st.data())
def test_params_with_one_value_changed(tmp_path, data):
    tree = json.loads(json.dumps(tiny_params(Path("nowhere"))))
    place = tree
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.integers(0, 3)) == 0:
            place[key] = data.draw(VALUES)
            break
        place = place[key]
    (tmp_path / "params.yaml").write_text(json.dumps(tree), encoding="utf-8")
    answered(lambda: params.load_params(tmp_path / "params.yaml"))


@pytest.fixture(scope="module")
def served(tiny_backbone, tmp_path_factory):
    """A tiny classifier of texts, as a graph in single precision."""
    made = tmp_path_factory.mktemp("served")
    load_models("text").build(tiny_backbone, ["a", "b", "c"], "pretrained").save_pretrained(made)
    encoder = text.make_encoder(tiny_backbone, made, max_length=16, prefix="query: ")
    load_graphs("text").export(made, made / paths.GRAPH, encoder.batch(encoder.encode(["a text", "one more, longer"])))
    io.write_json(made / paths.DESCRIPTION, {"modality": "text", "labels": ["a", "b", "c"]})
    return made


CONTENTS = st.one_of(ODD_TEXTS, VALUES, st.binary(max_size=20), st.text(st.characters(categories=["Cs", "Mn", "Cf"])))


def test_answers(served):
    classifier = Classifier(served, threads=1)

    @fuzzed
    @given(st.lists(CONTENTS, max_size=6))
    def any_contents(asked):
        answers = list(classifier.answers(asked))
        assert len(answers) == len(asked)
        for answer in answers:
            assert (answer.label is None) == (answer.probabilities is None) == (answer.error is not None)
            assert answer.label in (None, "a", "b", "c")

    any_contents()


@pytest.mark.parametrize("name", [paths.DESCRIPTION, ENCODER_OPTIONS, "config.json"])
def test_models(served, tmp_path, name):
    """A model's small files, spoilt: it loads, or is refused."""
    good = (served / name).read_bytes()
    for file in served.iterdir():
        if file.name != name:
            (tmp_path / file.name).symlink_to(file)

    @slowly
    @given(st.one_of(spoilt(good), VALUES.map(json.dumps).map(str.encode)))
    def any_bytes(content):
        (tmp_path / name).write_bytes(content)
        answered(lambda: local.folder(str(tmp_path)) if name == "config.json" else Classifier(tmp_path, threads=1))

    any_bytes()


@fuzzed
@given(content=JSON_BYTES)
def test_json(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    answered(lambda: io.read_json(path))

    def checked():
        model_files.check(tmp_path)
        model_files.read_object(path)

    answered(checked)


@fuzzed
@given(item=ODD_TEXTS)
def test_items_of_the_command_line(item):
    answered(lambda: [*inputs.read_inputs([f"no such {item}"], "text")])


@fuzzed
@given(secret=st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=8), user=st.text(max_size=8))
def test_no_password_passes_the_mask(secret, user):
    assert f"<{secret}>" not in store.mask(f"http://{user}:<{secret}>@host:5000/path")
    assert store.mask(f"http://{user}:{secret}@host/path?{secret.replace('@', '')}") == "http://host/path"

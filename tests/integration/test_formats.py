"""The three forms of a model beside each other: what the table says, and a real run."""

import re
import sys

from benchmarks import formats


def test_the_table():
    seconds = {formats.TORCH: [10.0, 20.0, 10.0], formats.FULL: [10.0, 10.0, 10.0], formats.SMALL: [5.0, 5.0, 5.0]}
    peaks = {formats.TORCH: 900e6, formats.FULL: 600e6, formats.SMALL: 300e6}
    sizes = {formats.TORCH: 400_000_000, formats.FULL: 400_000_000, formats.SMALL: 100_000_000}
    lines = formats.table(seconds, peaks, sizes, 100).splitlines()
    assert lines[2] == "| torch, single precision | 400.0 MB, 1.000 | 10.0 | 1.00 | 900 MB | 1.00 |"
    assert lines[4] == "| ONNX, 8 bits | 100.0 MB, 0.250 | 20.0 | 2.00 | 300 MB | 0.33 |"
    assert lines[-1] == "100 rows, 3 times in turn."


def test_forms_take_turns_at_every_batch():
    order = []
    found = formats.timed({name: lambda batch, name=name: order.append((name, batch)) for name in "ab"}, ["x", "y"])
    assert order[:4] == [("a", "x"), ("b", "x"), ("a", "y"), ("b", "y")]
    assert len(order) == 4 * (formats.TRIES + 1)
    assert {name: len(tries) for name, tries in found.items()} == {"a": formats.TRIES, "b": formats.TRIES}


def test_a_real_model(repository):
    said = repository.run(sys.executable, "-m", "benchmarks.formats", "tiny", "--rows", "30")
    page = (repository.folder / "data/bench/tiny-forms.md").read_text()
    assert page in said
    rows = [line for line in page.splitlines() if line.startswith(("| torch", "| ONNX"))]
    assert len(rows) == 3
    memory = [int(re.search(r"\| (\d+) MB \|", row)[1]) for row in rows]
    assert memory[2] < 0.7 * memory[0]  # no torch in it

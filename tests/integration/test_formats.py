"""benchmarks.formats: table, order of measurements, and a run on a real model."""

import re
import sys

from benchmarks import formats


def test_table_has_ratios_to_pytorch():
    seconds = {formats.TORCH: [10.0, 20.0, 10.0], formats.FP32: [10.0, 10.0, 10.0], formats.INT8: [5.0, 5.0, 5.0]}
    peaks = {formats.TORCH: 900e6, formats.FP32: 600e6, formats.INT8: 300e6}
    sizes = {formats.TORCH: 400_000_000, formats.FP32: 400_000_000, formats.INT8: 100_000_000}
    rows = formats.table_rows(seconds, peaks, sizes, 100)
    assert len(formats.HEADER) == len(rows[0])
    assert rows[0] == ["PyTorch, fp32", "400.0 MB, 1.000", "10.0", "1.00", "900 MB", "1.00"]
    assert rows[2] == ["ONNX, int8", "100.0 MB, 0.250", "20.0", "2.00", "300 MB", "0.33"]


def test_formats_alternate_at_every_batch():
    order = []
    seconds = formats.time_in_turn(
        {name: lambda batch, name=name: order.append((name, batch)) for name in "ab"}, ["x", "y"]
    )
    assert order[:4] == [("a", "x"), ("b", "x"), ("a", "y"), ("b", "y")]
    assert len(order) == 4 * (formats.REPEATS + 1)
    assert {name: len(repeats) for name, repeats in seconds.items()} == {"a": formats.REPEATS, "b": formats.REPEATS}


def test_int8_needs_less_memory_than_pytorch(repository):
    output = repository.run(sys.executable, "-m", "benchmarks.formats", "tiny", "--rows", "30")
    page = (repository.folder / "data/measurements/tiny-formats.md").read_text()
    assert page in output
    assert f"30 rows; each format scored them {formats.REPEATS} times, in turn." in page
    rows = [line for line in page.splitlines() if line.startswith(("| PyTorch", "| ONNX"))]
    assert len(rows) == 3
    memory = [int(re.search(r"\| (\d+) MB \|", row)[1]) for row in rows]
    assert memory[2] < 0.7 * memory[0]  # it does not import torch


def test_batches_are_compared_with_single_inputs(repository):
    repository.run(sys.executable, "-m", "benchmarks.batches", "tiny", "--rows", "30")
    page = (repository.folder / "data/measurements/tiny-batches.md").read_text()
    assert f"30 rows; each mode classified them {formats.REPEATS} times, in turn." in page
    changes = re.findall(r"^\| batches of 16 .* % of 30 \| ([\d.e-]+) \|$", page, re.MULTILINE)
    assert float(changes[0]) > 0

"""The draw of the test rows that are perturbed."""

import pandas as pd

from crossfer.artifacts import io
from crossfer.robustness.perturbed import draw_rows


def test_draw_rows_reads_several_chunks(tmp_path):
    rows = pd.DataFrame({"id": [f"{n:03}" for n in range(80)], "content": "x", "label": "a", "split": "test"})
    io.write_chunks(tmp_path / "whole.parquet", [rows])
    io.write_chunks(tmp_path / "chunks.parquet", [rows.iloc[start : start + 20] for start in range(0, 80, 20)])
    drawn = draw_rows(tmp_path / "chunks.parquet", 12)
    assert drawn["id"].is_unique and len(drawn) == 12
    pd.testing.assert_frame_equal(drawn, draw_rows(tmp_path / "whole.parquet", 12))

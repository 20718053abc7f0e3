"""Measure the search for near-duplicates: rows per minute of processor time.

Each text has random words of one text of the task's source. A tenth of the texts are copies of the one before, with
another last word.

Reads:  data/clean/<task>, params.yaml
Writes: data/measurements/<task>-near_duplicates.md
Run:    OMP_NUM_THREADS=1 python -m benchmarks.near_duplicates <task>
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from benchmarks import measure
from benchmarks.scaling import shuffle_words
from crossfer.artifacts import io, paths
from crossfer.artifacts.chunks import chunked
from crossfer.artifacts.paths import CONTENT, LABEL, TaskPaths
from crossfer.config.params import load_text_task
from crossfer.entrypoint import run_stage
from crossfer.preprocessing.near_duplicates import near_duplicates

WORDS = {"sentences": 20, "articles": 340}
THRESHOLD = 0.8
COPIES = 10  # every tenth text is a copy
MAX_CHUNK_ROWS = 1000


def main(
    task_name: str, rows: Annotated[int, typer.Option(min=COPIES, help="Number of texts of each length.")] = 20_000
) -> None:
    """Measure the search for near-duplicates: rows per minute of processor time."""
    task, _ = load_text_task(task_name)
    source = io.read_table(paths.table_path(TaskPaths(task_name).clean, task.source.domain), [CONTENT, LABEL])
    cells = []
    with tempfile.TemporaryDirectory() as scratch:
        table = Path(scratch) / "texts.parquet"
        for name, n_words in WORDS.items():
            texts = list(_texts_with_copies(list(source[CONTENT]), list(source[LABEL]), rows, n_words))
            chunks = chunked(texts, MAX_CHUNK_ROWS, MAX_CHUNK_ROWS, lambda _: 1)
            io.write_chunks(table, (pd.DataFrame({CONTENT: chunk}) for chunk in chunks))
            start = time.process_time()
            pairs = near_duplicates(table, THRESHOLD)
            per_minute = 60 * rows / (time.process_time() - start)
            cells.append([name, f"{sum(map(len, texts)) / rows:.0f}", f"{len(pairs):,}", f"{per_minute:,.0f}"])
    header = ["texts", "characters per text", "pairs", "rows per minute"]
    measure.write_table(task_name, "near_duplicates", header, cells)


def _texts_with_copies(texts: Sequence[str], labels: Sequence[str], rows: int, n_words: int) -> Iterator[str]:
    previous_text = ""
    for number, (text, _) in enumerate(shuffle_words(texts, labels, rows, n_words), start=1):
        yield f"{previous_text} {number}" if number % COPIES == 0 else text
        previous_text = text


if __name__ == "__main__":
    run_stage(main)

"""Turn contents into what the model takes.

Reads:  data/clean/<task>, the backbone's tokenizer
Writes: data/tokens/<task>/<domain>.parquet (the clean columns and `input`), domains.json, and encoder/: what turns a
        raw content into an input
Run:    python -m stages.tokenize <task>     (by module, never by path: a script of this name would hide Python's own)
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from crossfer.artifacts import io, paths
from crossfer.backbones import located
from crossfer.config.params import load_task
from crossfer.entrypoint import run_stage, say
from crossfer.protocols import Encoder, load_modality


def main(task_name: str) -> None:
    """Turn contents into what the model takes."""
    task, _ = load_task(task_name)
    backbone = located(task.backbone)
    modality = load_modality(task.modality)
    clean = paths.clean(task_name)
    domains = io.read_domains(clean)
    with io.replaced_folder(paths.tokens(task_name)) as folder:
        encoder_folder = io.new_folder(folder / paths.ENCODER)
        encoder = modality.make_encoder(backbone, encoder_folder, **task.tokenize.model_dump())
        modality.load_cleaner(clean).save(encoder_folder)
        for domain in domains:
            lengths: list[int] = []
            pieces = _encoded(encoder, paths.table(clean, domain.name), lengths)
            io.write_chunks(paths.table(folder, domain.name), pieces)
            average = sum(lengths) / len(lengths)
            say("tokenize", task_name, f"{domain.name}: {len(lengths)} rows, {average:.0f} long on average")
        io.write_domains(folder, domains)


def _encoded(encoder: Encoder, path: Path, lengths: list[int]) -> Iterator[pd.DataFrame]:
    """The table's pieces with their inputs, whose lengths are added to `lengths`."""
    for rows in io.read_chunks(path):
        inputs = encoder.encode(list(rows[paths.CONTENT]))
        lengths += map(len, inputs)
        yield rows.assign(**{paths.INPUT: pd.Series(inputs, rows.index)})


if __name__ == "__main__":
    run_stage(main)

"""Turn contents into inputs of the model.

Reads:  data/clean/<task>, and the tokenizer or image processor of the backbone
Writes: data/tokens/<task>/<domain>.parquet (the clean columns and `input`), domains.json, truncated.json (fraction of
        texts by domain), and encoder/, which turns raw contents into inputs when the model serves
Run:    python -m stages.tokenize <task>     (not by path: this file would hide Python's own module `tokenize`)
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.backbones import locate_backbone
from crossfer.config.params import load_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.protocols import Encoder, load_modality


def main(task_name: str) -> None:
    """Turn contents into inputs of the model."""
    task, _ = load_task(task_name)
    modality, backbone = load_modality(task.modality), locate_backbone(task.backbone)
    clean_folder = TaskPaths(task_name).clean
    domains = io.read_domains(clean_folder)
    with io.replace_folder(TaskPaths(task_name).tokens) as folder:
        encoder_folder = io.create_empty_folder(folder / paths.ENCODER_FOLDER)
        encoder = modality.make_encoder(backbone, encoder_folder, **task.tokenize.model_dump())
        modality.load_cleaner(clean_folder).save(encoder_folder)
        truncated_fractions = {}
        for domain in domains:
            lengths: list[int] = []
            truncated: list[int] = []  # by chunk of texts
            io.write_chunks(
                paths.table_path(folder, domain.name),
                _encode_chunks(encoder, paths.table_path(clean_folder, domain.name), lengths, truncated),
            )
            details = encoder.describe_sizes(lengths)
            if truncated:
                truncated_fractions[domain.name] = round(sum(truncated) / len(lengths), 4)
                details += f", {sum(truncated)} truncated"
            print_progress("tokenize", task_name, f"{domain.name}: {len(lengths)} rows, {details}")
        io.write_json(folder / paths.TRUNCATED_FILE, truncated_fractions)
        io.write_domains(folder, domains)


def _encode_chunks(encoder: Encoder, table: Path, lengths: list[int], truncated: list[int]) -> Iterator[pd.DataFrame]:
    """Yield the rows of a table with their inputs; collect lengths and counts."""
    for rows in io.read_chunks(table):
        inputs, count = encoder.encode_and_count(list(rows[paths.CONTENT]))
        lengths += map(len, inputs)
        truncated += [] if count is None else [count]
        yield rows.assign(**{paths.INPUT: pd.Series(inputs, rows.index)})


if __name__ == "__main__":
    run_stage(main)

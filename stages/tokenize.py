"""Turn contents into what the model takes.

Reads:  data/clean/<task>, the backbone's tokenizer
Writes: data/tokens/<task>/<domain>.parquet (the clean columns and `input`), domains.json, and encoder/: what turns a
        raw content into an input
Run:    python -m stages.tokenize <task>     (by module, never by path: a script of this name would hide Python's own)
"""

import pandas as pd

from stages.backbones import BACKBONES
from stages.modalities import load_modality
from stages.shared import artifacts
from stages.shared.command import run_stage, say
from stages.shared.params import load_task


def main(task_name: str) -> None:
    """Turn contents into what the model takes."""
    task, _ = load_task(task_name)
    backbone = BACKBONES[task.backbone.provider](**task.backbone.model_dump(exclude={"provider"}))
    modality = load_modality(task.modality)
    encoder = modality.make_encoder(backbone, **task.tokenize.model_dump())
    folder = artifacts.new_folder(artifacts.tokens(task_name))
    clean = artifacts.clean(task_name)
    domains = artifacts.read_domains(clean)
    for domain in domains:
        rows = artifacts.read_table(artifacts.table(clean, domain.name))
        inputs = encoder.encode(list(rows[artifacts.CONTENT]))
        rows[artifacts.INPUT] = pd.Series(inputs, rows.index)
        artifacts.write_table(artifacts.table(folder, domain.name), rows)
        average = sum(map(len, inputs)) / len(inputs)
        say("tokenize", task_name, f"{domain.name}: {len(rows)} rows, {average:.0f} long on average")
    artifacts.write_domains(folder, domains)
    encoder_folder = artifacts.new_folder(folder / artifacts.ENCODER)
    encoder.save(encoder_folder)
    modality.load_cleaner(clean).save(encoder_folder)


if __name__ == "__main__":
    run_stage(main)

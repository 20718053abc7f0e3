"""The stage finetune prints the steps of its training before and during it."""

import numpy as np
import pandas as pd
from hashed_paths import run_stage
from repository import tiny_params
from ruamel.yaml import YAML

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.modalities.text import data as text


def test_the_steps_are_printed(tiny_backbone, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    params = tiny_params(tiny_backbone)
    params["tasks"]["tiny"]["finetune"] |= {"epochs": 2, "min_steps": 7, "batch_size": 8, "averaged_seeds": 1}
    with (tmp_path / "params.yaml").open("w") as file:
        YAML(typ="safe").dump(params, file)
    encoder_folder = TaskPaths("tiny").tokens / paths.ENCODER_FOLDER
    encoder_folder.mkdir(parents=True)
    text.make_encoder(tiny_backbone, encoder_folder, max_length=16, prefix="")
    text.make_cleaner(decode_entities=False).save(encoder_folder)
    rows = [
        {"id": f"{label}{n}", "label": label, "split": "train" if n < 6 else "validation", "content": "a text"}
        for label in "ab"
        for n in range(8)
    ]
    tokens = [np.array([1, 10 + "ab".index(row["label"]), 20, 2], np.int32) for row in rows]
    io.write_table(paths.table_path(TaskPaths("tiny").tokens, "en"), pd.DataFrame(rows).assign(input=tokens))
    lines, _ = run_stage("finetune")
    plan, first, second, *_ = lines
    assert plan == (
        "finetune tiny: training on 12 rows: 8 steps of 8 rows (4 epochs instead of 2, because finetune.min_steps is 7)"
    )
    assert first.startswith("finetune tiny: step 4 of 8: validation accuracy ")
    assert second.startswith("finetune tiny: step 8 of 8: validation accuracy ")

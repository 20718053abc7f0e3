"""The stage tokenize prints the sizes of inputs and records truncated texts."""

import pandas as pd
import pytest
from hashed_paths import run_stage
from image_files import draw_glyph, encode_image
from repository import VISION_SIZE, tiny_params, tiny_vision_params
from ruamel.yaml import YAML

from crossfer.artifacts import io, paths
from crossfer.artifacts.io import Domain
from crossfer.artifacts.paths import TaskPaths
from crossfer.protocols import load_modality

SIZES = {
    "text": "mean length 22 tokens, 1 truncated",
    "vision": f"{VISION_SIZE} by {VISION_SIZE} pixels each",
}


@pytest.mark.parametrize("modality", SIZES)
def test_sizes_are_printed_in_the_unit_of_the_modality(modality, request, tmp_path, monkeypatch):
    is_text = modality == "text"
    backbone = request.getfixturevalue("tiny_backbone" if is_text else "tiny_vision_backbone")
    contents = ["the bank", "the bank " * 60] if is_text else [encode_image(draw_glyph())] * 2
    monkeypatch.chdir(tmp_path)
    params = (tiny_params if is_text else tiny_vision_params)(backbone)
    with (tmp_path / "params.yaml").open("w") as file:
        YAML(typ="safe").dump(params, file)
    options = params["tasks"]["tiny"]["preprocess"]
    folder = TaskPaths("tiny").clean
    folder.mkdir(parents=True)
    names = ["decode_entities"] if is_text else ["framing", "size"]
    load_modality(modality).make_cleaner(**{name: options[name] for name in names}).save(folder)
    io.write_domains(folder, [Domain("en", "en" if is_text else None, True)])
    rows = {"id": ["1", "2"], "content": contents, "label": ["a", "b"], "split": ["train", "train"]}
    io.write_table(paths.table_path(folder, "en"), pd.DataFrame(rows))
    lines, _ = run_stage("tokenize")
    assert lines == [f"tokenize tiny: en: 2 rows, {SIZES[modality]}"]
    truncated = io.read_json(TaskPaths("tiny").tokens / paths.TRUNCATED_FILE)
    assert truncated == ({"en": 0.5} if is_text else {})

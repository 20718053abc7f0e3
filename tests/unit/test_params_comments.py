"""`dvc exp run -S` keeps every comment of params.yaml."""

import re
import shutil

import pytest
from dvc.utils.hydra import apply_overrides  # what `dvc exp run -S` calls
from repository import ROOT

from crossfer.config.params import load_params

COMMENT = re.compile(r"(?:^|\s)#.*")


@pytest.mark.parametrize("task", load_params(ROOT / "params.yaml").tasks)
def test_set_param_keeps_the_comments(tmp_path, task):
    file = tmp_path / "params.yaml"
    shutil.copy(ROOT / "params.yaml", file)
    before = [match.strip() for match in COMMENT.findall(file.read_text(encoding="utf-8"))]
    seed = load_params(file).tasks[task].finetune.seed
    apply_overrides(file, [f"tasks.{task}.finetune.seed={seed + 1}"])
    assert load_params(file).tasks[task].finetune.seed == seed + 1
    lost = set(before) - {match.strip() for match in COMMENT.findall(file.read_text(encoding="utf-8"))}
    assert not lost

"""`crossfer add` writes options measured on small data."""

import pytest
from own_tables import add, added_task, records, write
from repository import ROOT
from ruamel.yaml import YAML

from crossfer.commands.small_data import OPTIONS
from crossfer.config.params import PARAMS, load_params

pytestmark = pytest.mark.usefixtures("params_folder")
NOTE = "training rows: the task gets options for small data"


def test_a_task_with_few_training_rows(swahili):
    output = add("reviews", write("data/mine/en.csv", records(1400)), "--target", swahili)
    task, news = added_task(), load_params().tasks["news"]
    assert f"note: about 980 {NOTE}" in output
    assert task.backbone.name == "multilingual-e5-small-mean"
    changes = {"freeze": 4, "epochs": 5, "dropout": 0.1, "averaged_seeds": 3}
    assert task.finetune.model_dump() == news.finetune.model_dump() | changes
    lines = PARAMS.read_text(encoding="utf-8").partition("  reviews:\n")[2]
    assert (
        "    # For at most 1,000 training rows: " in lines and "    finetune: {<<: *text-finetune, freeze: 4" in lines
    )


def test_official_splits_count(swahili):
    for name, rows in (("train", 1100), ("dev", 10), ("test", 10)):
        write(f"data/mine/english/{name}.csv", records(rows, f"en {name}"))
    assert NOTE not in add("reviews", "en=data/mine/english", "--target", swahili)
    write("data/mine/english/train.csv", records(1000, "en train"))
    assert f"about 1,000 {NOTE}" in add("few", "en=data/mine/english", "--target", swahili)


def test_another_backbone_keeps_its_options(swahili):
    local = "backbone: &text-backbone {provider: local, path: data/mine/backbone}"
    text = PARAMS.read_text(encoding="utf-8")
    before = "backbone: &text-backbone {provider: package, name: multilingual-e5-small}"
    assert before in text
    PARAMS.write_text(text.replace(before, local), encoding="utf-8")
    assert NOTE not in add("reviews", write("data/mine/en.csv", records()), "--target", swahili)


def test_the_options_are_those_of_the_benchmark():
    benchmark = YAML(typ="safe").load(ROOT / "docs/benchmarks/sib200.yaml")["tasks"]["sib200"]
    for block, options in OPTIONS.items():
        assert options.items() <= benchmark[block].items()

"""What a ladder was climbed with."""

from repository import ROOT

from crossfer.comparison.ablation_recipe import differences, recipe
from crossfer.config.params import load_params
from crossfer.flatten import flatten

TASKS = load_params(ROOT / "params.yaml").tasks


def test_what_decides_a_score_belongs_to_it():
    found = recipe("digits", TASKS["digits"], [])
    assert found["finetune.epochs"] == TASKS["digits"].finetune.epochs
    assert found["finetune.augment.rotation"] == TASKS["digits"].finetune.augment.rotation
    assert found["backbone.name"] == "efficientnet-lite0"
    assert found["tokenize.size"] == TASKS["digits"].tokenize.size


def test_a_null_is_as_if_it_were_not_there():
    assert "source.shots" not in recipe("news", TASKS["news"], [])


def test_what_a_row_says_itself_and_what_is_set_does_not():
    found = recipe("news", TASKS["news"], ["compute.threads=1", "tasks.news.tokenize.max_length=64"])
    assert not {"finetune.train_fraction", "finetune.seed", "tokenize.max_length"} & found.keys()
    assert not [name for name in found if name.startswith(("evaluate", "targets", "files"))]


def test_a_setting_of_another_task_is_not_left_out():
    assert "tokenize.max_length" in recipe("news", TASKS["news"], ["tasks.mine.tokenize.max_length=64"])


def test_differences_are_named():
    assert differences({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == ["b (2, now 3)", "c (nothing, now 4)"]
    assert differences({"a": 1}, {}) == ["a (1, now nothing)"]
    assert differences({"a": 1}, {"a": 1}) == []


def test_flat():
    assert flatten({"a": {"b": {"c": 1}}, "d": [2]}) == {"a.b.c": 1, "d": [2]}

"""The parameters that decide an ablation's results."""

from repository import ROOT

from crossfer.comparison.ablation_parameters import deciding_parameters, parameter_differences
from crossfer.config.params import load_params
from crossfer.flatten import flatten

TASKS = load_params(ROOT / "params.yaml").tasks


def test_parameters_that_decide_scores():
    parameters = deciding_parameters("digits", TASKS["digits"], [])
    assert parameters["finetune.epochs"] == TASKS["digits"].finetune.epochs
    assert parameters["finetune.augment.rotation"] == TASKS["digits"].finetune.augment.rotation
    assert parameters["backbone.name"] == "efficientnet-lite0"
    assert parameters["tokenize.size"] == TASKS["digits"].tokenize.size


def test_null_parameters_are_left_out():
    assert "source.shots" not in deciding_parameters("news", TASKS["news"], [])


def test_settings_and_parameters_of_rows_are_left_out():
    parameters = deciding_parameters("news", TASKS["news"], ["compute.threads=1", "tasks.news.tokenize.max_length=64"])
    assert not {"finetune.train_fraction", "finetune.seed", "tokenize.max_length"} & parameters.keys()
    assert not [name for name in parameters if name.startswith(("evaluate", "targets", "files"))]


def test_settings_of_another_task_do_not_matter():
    assert "tokenize.max_length" in deciding_parameters("news", TASKS["news"], ["tasks.mine.tokenize.max_length=64"])


def test_parameter_differences():
    assert parameter_differences({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == ["b (2, now 3)", "c (nothing, now 4)"]
    assert parameter_differences({"a": 1}, {}) == ["a (1, now nothing)"]
    assert parameter_differences({"a": 1}, {"a": 1}) == []


def test_flatten():
    assert flatten({"a": {"b": {"c": 1}}, "d": [2]}) == {"a.b.c": 1, "d": [2]}

"""Tasks that merge defaults: values, lines of mistakes, and changes of one value."""

import re

import pytest
from dvc.utils.hydra import apply_overrides
from repository import ROOT
from ruamel.yaml import YAML
from test_params import located_error_message

from crossfer.config.params import load_params

SHIPPED = (ROOT / "params.yaml").read_text(encoding="utf-8")
DATA = "files: data/mine\n    source: {domain: en, provider: table, path: data/mine/en.csv}\n    targets: []\n"
REVIEWS, NOTES = (f"  {name}:\n    <<: *text\n    {DATA}" for name in ("reviews", "notes"))


def write(folder, content):
    path = folder / "params.yaml"
    path.write_text(content, encoding="utf-8")
    return path


def tasks(path):
    return YAML(typ="safe").load(path)["tasks"]


def line_of(content, text):
    """Return the number of the only line that has a text."""
    (line,) = (number for number, each in enumerate(content.splitlines(), start=1) if text in each)
    return line


def test_a_task_states_only_its_data(tmp_path):
    params = load_params(write(tmp_path, SHIPPED + REVIEWS))
    news, reviews = params.tasks["news"], params.tasks["reviews"]
    assert reviews.finetune == news.finetune
    assert reviews.stress.out_of_distribution == "none" != news.stress.out_of_distribution
    assert reviews.source.columns.model_dump() == {"text": ["text"], "label": "label", "id": None, "group": None}


def test_a_task_states_one_parameter_of_a_block(tmp_path):
    content = f"{SHIPPED}{REVIEWS}    finetune: {{<<: *text-finetune, epochs: 7}}\n"
    params = load_params(write(tmp_path, content))
    assert params.tasks["reviews"].finetune == params.tasks["news"].finetune.model_copy(update={"epochs": 7})


@pytest.mark.parametrize("key", ["files", "source", "targets"])
def test_a_task_inherits_no_data_of_another(tmp_path, key):
    content = SHIPPED + re.sub(rf"    {key}: .*\n", "", REVIEWS)
    message = located_error_message(tmp_path, content)
    assert message.startswith(
        f" has a mistake:\n  line {line_of(content, '  reviews:')}: tasks.reviews.{key}: missing;"
    )


def test_a_mistake_in_defaults_is_reported_once_with_its_line(tmp_path):
    content = SHIPPED.replace("epochs: 2 ", "epochs: two ") + REVIEWS
    assert located_error_message(tmp_path, content) == (
        f" has a mistake:\n  line {line_of(content, 'epochs: two')}: tasks.news.finetune.epochs: expected a whole"
        " number from 1 to 1000000, got 'two'."
    )


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("{domain: fr, ", "{domain: fr, langage: fr, ", "tasks.news.targets.2.langage"),
        ("{domain: fr, ", "{domain: FR, ", "tasks.news.targets.2.domain"),
        ("{domain: fr, provider: news_probe}", "{domain: fr, provider: file}", "tasks.news.targets.2.provider"),
        ("{domain: fr, provider", "{domain: en-probe, provider", "tasks.news"),
        ("{domain: fr, provider: news_probe}", "{domain: fr, provider: table, path: other.csv}", "tasks.news"),
        ("{domain: en, provider", "{domain: en, shots: 3, provider", "tasks.news"),
        ("{<<: *text-finetune}", "{<<: *text-finetune, epohcs: 3}", "tasks.news.finetune.epohcs"),
        ("test_fraction: 0.2      # of", "test_fraction: 0.95     # of", "tasks.news.preprocess"),
        ("  threads: 2 ", "  threads: 0 ", "compute.threads"),
    ],
)
def test_a_mistake_has_the_line_where_it_is_written(tmp_path, old, new, key):
    content = SHIPPED.replace(old, new)
    at = "preprocess: {<<: *text-preprocess" if key.endswith("preprocess") else new
    message = located_error_message(tmp_path, content)
    assert message.startswith(f" has a mistake:\n  line {line_of(content, at)}: {key}: ")


CHANGES = [  # task, parameter, value
    ("news", "finetune.epochs", 7),
    ("news", "stress.rows_per_domain", 3),
    ("news", "backbone.name", "multilingual-e5-small-mean"),
    ("news", "tokenize.max_length", 64),
    ("digits", "finetune.augment.rotation", 3),
    ("digits", "finetune.seed", 3),
    ("digits", "compress.seed", 3),
    ("reviews", "preprocess.seed", 3),
    ("reviews", "finetune.epochs", 7),
]


@pytest.mark.parametrize(("task", "key", "value"), CHANGES)
def test_set_param_changes_one_value_and_no_comment(tmp_path, task, key, value):
    """In the shipped tasks, and in the first that a user adds."""
    path = write(tmp_path, SHIPPED + REVIEWS)
    expected = tasks(path)
    apply_overrides(path, [f"tasks.{task}.{key}={value}"])
    changed = tasks(path)
    *blocks, name = key.split(".")
    differences = {
        (each, block, option)
        for each in expected
        for block, options in expected[each].items()
        if isinstance(options, dict)
        for option in options
        if changed[each][block][option] != options[option]
    }
    assert differences == {(task, blocks[0], name if len(blocks) == 1 else blocks[1])}
    block = changed[task]
    for each in blocks:
        block = block[each]
    assert block[name] == value
    comments = [line.partition("# ")[2] for line in SHIPPED.splitlines() if "# " in line]
    assert not [comment for comment in comments if comment not in path.read_text(encoding="utf-8")]

"""Reading params.yaml: good files, files that hold no parameters, and how all mistakes are listed."""

import re
from pathlib import Path

import pytest
from repository import ROOT
from ruamel.yaml import YAML

from crossfer.config.params import load_params, load_task
from crossfer.errors import UserError

GOOD = (ROOT / "tests/support/params.yaml").read_text(encoding="utf-8")
PICTURES = (ROOT / "tests/support/params_vision.yaml").read_text(encoding="utf-8")
KEYS = "modality, files, source, targets, backbone, preprocess, tokenize, finetune, evaluate, stress, compress"
COUNT = "a whole number from 1 to 1000000"


def message(folder: Path, content: str) -> str:
    path = folder / "params.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_params(path)
    return str(caught.value).removeprefix(str(path))


def swapped(old: str, new: str, good: str = GOOD) -> str:
    found = re.sub(old, new.replace("\\", "\\\\"), good, count=1)
    assert found != good, f"{old} is not in params.yaml"
    return found


def test_the_projects_own_file_is_good():
    tasks = load_params(ROOT / "params.yaml").tasks
    assert {name: task.modality for name, task in tasks.items()} == {"news": "text", "digits": "vision"}


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_block_for_your_own_data_is_good(tmp_path, name):
    """A copy of news with what the block changes has no out-of-distribution texts, which are of none of its labels."""
    yaml = YAML(typ="safe")
    (block,) = re.findall(r"```yaml\n(  reviews:\n.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    params = yaml.load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["tasks"]["reviews"] = params["tasks"]["news"] | yaml.load(block)["reviews"]
    YAML().dump(params, tmp_path / "params.yaml")
    assert load_params(tmp_path / "params.yaml").tasks["reviews"].stress.out_of_distribution == "none"


@pytest.mark.parametrize("name", ["params.yaml", "params_vision.yaml"])
def test_the_files_that_mistakes_are_made_in_are_good(name):
    assert load_params(ROOT / "tests/support" / name).tasks


AUGMENT = (
    "rotation, shear, scale, aspect, translation, elastic, stroke_width, contrast, low_resolution_fraction,"
    " min_resolution, gaussian_noise"
)


@pytest.mark.parametrize("part", ["none", "backbone", 0, 3])
def test_what_may_be_frozen(tmp_path, part):
    path = tmp_path / "params.yaml"
    path.write_text(swapped(r"freeze: 10", f"freeze: {part}"), encoding="utf-8")
    assert load_params(path).tasks["news"].finetune.freeze == part


def test_options_of_the_modality():
    text = load_params(ROOT / "tests/support/params.yaml").tasks["news"]
    vision = load_params(ROOT / "tests/support/params_vision.yaml").tasks["digits"]
    assert (text.preprocess.of_the_modality(), text.finetune.of_the_modality()) == ({}, {})
    assert vision.preprocess.of_the_modality() == {"framing": "mnist", "size": 28}
    assert set(vision.finetune.of_the_modality()) == {"augment"}
    assert ", ".join(vision.finetune.of_the_modality()["augment"]) == AUGMENT


def test_all_mistakes_are_reported_at_once(tmp_path):
    content = (
        swapped(r"epochs: \d+", "epochs: three")
        .replace("device: cpu", "device: tpu")
        .replace("    files:", "    fils:")
    )
    assert message(tmp_path, content) == (
        " has 4 mistakes:\n"
        "  compute.device: found 'tpu', allowed is cpu, cuda or auto.\n"
        "  tasks.news.files: missing; allowed is a text.\n"
        f"  tasks.news.finetune.epochs: found 'three', allowed is {COUNT}.\n"
        f"  tasks.news.fils: unknown key; did you mean files? allowed here: {KEYS}."
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", " has a mistake:\n  the file: found None, allowed is a mapping with the keys compute, tasks."),
        ("[1]", " has a mistake:\n  the file: found [1], allowed is a mapping with the keys compute, tasks."),
        ("a: [", " is not valid YAML, line 1: expected the node content, but found '<stream end>'."),
        ("a: 1\na: 2\n", ' is not valid YAML, line 2: found duplicate key "a" with value "2" (original value: "1").'),
        ("a:\n\tb: 1\n", " is not valid YAML, line 2: found character '\\t' that cannot start any token."),
        (
            GOOD.replace("tasks:\n", "tasks: {}\nold:\n", 1),
            " has 2 mistakes:\n  tasks: found {}, allowed is a mapping of one task or more.\n"
            "  old: unknown key; allowed here: compute, tasks.",
        ),
    ],
)
def test_files_that_hold_no_parameters(tmp_path, content, expected):
    assert message(tmp_path, content) == expected


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_bytes(b"a: \xff\xfe")
    with pytest.raises(UserError, match="is not valid YAML in UTF-8"):
        load_params(path)


def test_missing_file(tmp_path):
    with pytest.raises(UserError, match="is not there; run this in the repository's top folder"):
        load_params(tmp_path / "params.yaml")


def test_unknown_task(monkeypatch):
    monkeypatch.chdir(ROOT / "tests/support")
    with pytest.raises(UserError) as caught:
        load_task("weather")
    assert str(caught.value) == "task 'weather' is not in params.yaml; its tasks are: news."


def test_yaml_is_read_as_dvc_reads_it(tmp_path):
    """YAML 1.2: the code of Norwegian is a text, 1e-4 is a number."""
    path = tmp_path / "params.yaml"
    path.write_text(swapped(r"domain: zh", "domain: no"), encoding="utf-8")
    task = load_params(path).tasks["news"]
    assert task.targets[1].domain == "no"
    assert isinstance(task.finetune.learning_rate, float)

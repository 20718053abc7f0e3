"""params.yaml is read, or all its mistakes are listed."""

import re
from pathlib import Path

import pytest
from repository import ROOT

from crossfer.config.params import load_params, load_task
from crossfer.errors import UserError

TEXTS = (ROOT / "tests/support/params.yaml").read_text(encoding="utf-8")
IMAGES = (ROOT / "tests/support/params_vision.yaml").read_text(encoding="utf-8")
KEYS = "modality, files, source, targets, backbone, preprocess, tokenize, finetune, evaluate, stress, compress"
COUNT = "a whole number from 1 to 1000000"


def located_error_message(folder: Path, content: str) -> str:
    path = folder / "params.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_params(path)
    return str(caught.value).removeprefix(str(path))


def error_message(folder: Path, content: str) -> str:
    """Return the message without the lines of the mistakes."""
    return re.sub(r"(?m)^  line \d+: ", "  ", located_error_message(folder, content))


def replace_once(pattern: str, replacement: str, params: str = TEXTS) -> str:
    changed = re.sub(pattern, replacement.replace("\\", "\\\\"), params, count=1)
    assert changed != params, f"{pattern} is not in params.yaml"
    return changed


def test_the_projects_params_yaml_is_valid():
    tasks = load_params(ROOT / "params.yaml").tasks
    assert {name: task.modality for name, task in tasks.items()} == {"news": "text", "digits": "vision"}


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_block_for_your_own_data_is_valid(tmp_path, name):
    """It has no out-of-distribution texts: they might have its labels."""
    (block,) = re.findall(r"```yaml\n(  reviews:\n.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text(encoding="utf-8") + block, encoding="utf-8")
    assert load_params(path).tasks["reviews"].stress.out_of_distribution == "none"


@pytest.mark.parametrize("name", ["params.yaml", "params_vision.yaml"])
def test_the_params_of_the_tests_are_valid(name):
    assert load_params(ROOT / "tests/support" / name).tasks


@pytest.mark.parametrize("name", ["My News", "20news"])  # `dvc exp run -S` cannot address a key such as 20news
def test_the_name_of_a_task_begins_with_a_letter(tmp_path, name):
    message = error_message(tmp_path, replace_once("  news:", f"  {name}:"))
    rule = "a name of at most 64 lower-case letters, digits, '-' and '_' that begins with a letter"
    assert f"tasks.{name}: expected {rule}, got {name!r}." in message


AUGMENT = (
    "rotation, shear, scale, aspect, translation, elastic, stroke_width, contrast, low_resolution_fraction,"
    " min_resolution, gaussian_noise"
)


@pytest.mark.parametrize("freeze", ["none", "backbone", 0, 3])
def test_values_of_freeze(tmp_path, freeze):
    path = tmp_path / "params.yaml"
    path.write_text(replace_once(r"freeze: 10", f"freeze: {freeze}"), encoding="utf-8")
    assert load_params(path).tasks["news"].finetune.freeze == freeze


def test_options_that_the_modality_receives():
    text = load_params(ROOT / "tests/support/params.yaml").tasks["news"]
    vision = load_params(ROOT / "tests/support/params_vision.yaml").tasks["digits"]
    assert (text.preprocess.cleaner_options, text.finetune.collate_options) == ({"decode_entities": True}, {})
    assert vision.preprocess.cleaner_options == {"framing": "mnist", "size": 28}
    assert set(vision.finetune.collate_options) == {"augment"}
    assert ", ".join(vision.finetune.collate_options["augment"]) == AUGMENT


def test_all_mistakes_are_reported_together(tmp_path):
    content = (
        replace_once(r"epochs: \d+", "epochs: three")
        .replace("device: cpu", "device: tpu")
        .replace("    files:", "    fils:")
    )
    assert error_message(tmp_path, content) == (
        " has 4 mistakes:\n"
        "  compute.device: expected cpu, cuda or auto, got 'tpu'.\n"
        "  tasks.news.files: missing; expected a path with names of at most 255 bytes.\n"
        f"  tasks.news.fils: unknown key; did you mean files? expected {KEYS}.\n"
        f"  tasks.news.finetune.epochs: expected {COUNT}, got 'three'."
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", " has a mistake:\n  the file: expected a mapping with the keys compute, tasks, defaults, got None."),
        ("[1]", " has a mistake:\n  the file: expected a mapping with the keys compute, tasks, defaults, got [1]."),
        ("a: [", " is not valid YAML, line 1: expected the node content, but found '<stream end>'; correct this line."),
        (
            "a: 1\na: 2\n",
            ' is not valid YAML, line 2: found duplicate key "a" with value "2" (original value: "1"); correct this'
            " line.",
        ),
        (
            "a:\n\tb: 1\n",
            " is not valid YAML, line 2: found character '\\t' that cannot start any token; correct this line.",
        ),
        (
            TEXTS.replace("tasks:\n", "tasks: {}\nold:\n", 1),
            " has 2 mistakes:\n  tasks: expected a mapping of one or more tasks, got {}.\n"
            "  old: unknown key; expected compute, tasks, defaults.",
        ),
    ],
)
def test_files_without_parameters(tmp_path, content, expected):
    assert error_message(tmp_path, content) == expected


def test_bytes_that_are_not_utf_8(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_bytes(b"a: \xff\xfe")
    with pytest.raises(UserError, match=r"cannot be read as YAML \(.*\); save it as UTF-8"):
        load_params(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(UserError, match="does not exist; run the command in the top folder of the repository"):
        load_params(tmp_path / "params.yaml")


def test_an_unknown_task(monkeypatch):
    monkeypatch.chdir(ROOT / "tests/support")
    with pytest.raises(UserError) as caught:
        load_task("weather")
    assert str(caught.value) == "task 'weather' is not in params.yaml; choose one of news."


def test_yaml_is_read_as_dvc_reads_it(tmp_path):
    """YAML 1.2: `no` is a text, 1e-4 is a number."""
    path = tmp_path / "params.yaml"
    path.write_text(replace_once(r"domain: zh", "domain: no"), encoding="utf-8")
    task = load_params(path).tasks["news"]
    assert task.targets[1].domain == "no"
    assert isinstance(task.finetune.learning_rate, float)


def test_all_mistakes_of_domains_are_reported_together(tmp_path):
    folder = "{domain: en, provider: folder, path: mine, fallback: none}"
    params = replace_once(r"\{domain: zh.*?\}", folder, replace_once("domain: en,", "domain: en, shots: 2,"))
    message = error_message(tmp_path, params)
    assert message.startswith(" has 3 mistakes:\n")
    for mistake in ("is named more than once", "is the source and has shots (2)", "reads mine, which is not in files"):
        assert f"\n  tasks.news: domain en {mistake}" in message

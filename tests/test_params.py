"""Every bad params.yaml that a user could write, with its exact message."""

import re
from pathlib import Path

import pytest
from conftest import ROOT

from stages.shared.errors import UserError
from stages.shared.params import load_params, load_task

GOOD = (ROOT / "tests/params.yaml").read_text(encoding="utf-8")
KEYS = "modality, files, source, targets, backbone, preprocess, tokenize, finetune, evaluate"
FINETUNE = (
    "freeze, epochs, batch_size, learning_rate, head_learning_rate, weight_decay, warmup, max_grad_norm, label_weights,"
    " seed"
)
NAME = "a name of lower-case letters, digits, '-' and '_' (it names files), 64 characters at most"
COUNT = "a whole number from 1 to 1000000"
BLOCK = "a mapping with the keys domain, kind, provider"


def message(folder: Path, content: str) -> str:
    path = folder / "params.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_params(path)
    return str(caught.value).removeprefix(str(path))


def swapped(old: str, new: str) -> str:
    found = re.sub(old, new.replace("\\", "\\\\"), GOOD, count=1)
    assert found != GOOD, f"{old} is not in params.yaml"
    return found


def test_the_projects_own_file_is_good():
    assert "news" in load_params(ROOT / "params.yaml").tasks


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # wrong type
        (r"epochs: \d+", "epochs: three", f"tasks.news.finetune.epochs: found 'three', allowed is {COUNT}."),
        (r"epochs: \d+", "epochs: 2.5", f"tasks.news.finetune.epochs: found 2.5, allowed is {COUNT}."),
        (r"epochs: \d+", "epochs: true", f"tasks.news.finetune.epochs: found True, allowed is {COUNT}."),
        (r"epochs: \d+", "epochs:", f"tasks.news.finetune.epochs: found None, allowed is {COUNT}."),
        (r"epochs: \d+", "epochs: [3]", f"tasks.news.finetune.epochs: found [3], allowed is {COUNT}."),
        (
            r"embeddings: true",
            "embeddings: 1",
            "tasks.news.finetune.freeze.embeddings: found 1, allowed is true or false.",
        ),
        (r'prefix: ".*?"', "prefix: 3", "tasks.news.tokenize.prefix: found 3, allowed is a text, '' for none."),
        (r"domain: zh", "domain: 7", f"tasks.news.targets.1.domain: found 7, allowed is {NAME}."),
        (r"\{domain: zh, .*?\}", "zh", f"tasks.news.targets.1: found 'zh', allowed is {BLOCK}."),
        # impossible value
        (r"epochs: \d+", "epochs: 0", f"tasks.news.finetune.epochs: found 0, allowed is {COUNT}."),
        (r"threads: 2", "threads: -1", "compute.threads: found -1, allowed is a whole number from 1 to 1024."),
        (r"threads: 2", "threads: 9999", "compute.threads: found 9999, allowed is a whole number from 1 to 1024."),
        (r"kind: en", "kind: de", "tasks.news.source.kind: found 'de', allowed is en, the language of BBC News."),
        (r"device: cpu", "device: tpu", "compute.device: found 'tpu', allowed is cpu, cuda or auto."),
        (
            r"( )learning_rate: \S+",
            " learning_rate: 0",
            "tasks.news.finetune.learning_rate: found 0, allowed is a number above 0 and below 1.",
        ),
        (
            r"( )learning_rate: \S+",
            " learning_rate: .nan",
            "tasks.news.finetune.learning_rate: found nan, allowed is a number above 0 and below 1.",
        ),
        (
            r"max_grad_norm: \S+",
            "max_grad_norm: .inf",
            "tasks.news.finetune.max_grad_norm: found inf, allowed is a number above 0.",
        ),
        (
            r"weight_decay: \S+",
            "weight_decay: 1.5",
            "tasks.news.finetune.weight_decay: found 1.5, allowed is a share from 0 to below 1.",
        ),
        (
            r"max_length: \d+",
            "max_length: 4",
            "tasks.news.tokenize.max_length: found 4, allowed is a whole number of tokens from 8 to 8192.",
        ),
        (
            r"bootstrap: \d+",
            "bootstrap: 10",
            "tasks.news.evaluate.bootstrap: found 10, allowed is a whole number of resamples from 100 to 1000000.",
        ),
        (
            r"label_weights: none",
            "label_weights: some",
            "tasks.news.finetune.label_weights: found 'some', allowed is none or balanced.",
        ),
        (
            r"      seed: 0",
            "      seed: -1",
            "tasks.news.preprocess.seed: found -1, allowed is a whole number from 0 to 4294967295.",
        ),
        (r"domain: zh", "domain: ../zh", f"tasks.news.targets.1.domain: found '../zh', allowed is {NAME}."),
        (r"  news:", "  My News:", f"tasks.My News: found 'My News', allowed is {NAME}."),
        # values that do not go together
        (
            r"test: 0.2",
            "test: 0.95",
            "tasks.news.preprocess: validation 0.1 and test 0.95 leave no training rows; their sum must be below 1.",
        ),
        (
            r"embeddings: true",
            "embeddings: false",
            "tasks.news.finetune.freeze: layers 10 frozen above trained embeddings; set embeddings to true, or layers"
            " to 0.",
        ),
        (r"domain: zh", "domain: fr", "tasks.news: domain fr is named more than once; give each domain its own name."),
        (r"domain: zh", "domain: en", "tasks.news: domain en is named more than once; give each domain its own name."),
        # unknown and missing keys
        (r"domain: zh", "domian: zh", f"tasks.news.targets.1.domain: missing; allowed is {NAME}."),
        (r"    files: \S+", "", "tasks.news.files: missing; allowed is a text."),
        (
            r"provider: bbc_news",
            "provider: bbc",
            "tasks.news.source.provider: found 'bbc', allowed is bbc_news or news_probe.",
        ),
        (r", provider: bbc_news", "", "tasks.news.source.provider: missing; allowed is bbc_news or news_probe."),
        (
            r"backbone: \{.*?\}",
            "backbone: {provider: torchhub, name: x}",
            "tasks.news.backbone.provider: found 'torchhub', allowed is hub or local or package.",
        ),
        (
            r"backbone: \{.*?\}",
            "backbone: {provider: package, name: gpt}",
            "tasks.news.backbone.name: found 'gpt', allowed is multilingual-e5-small.",
        ),
        (
            r"backbone: \{.*?\}",
            "backbone: {provider: hub, name: xlm-roberta-base, revision: main}",
            "tasks.news.backbone.revision: found 'main', allowed is a commit of the model's repository, 40 hex digits.",
        ),
        (
            r"    finetune:\n",
            "    finetune:\n      epoch: 3\n",
            f"tasks.news.finetune.epoch: unknown key; did you mean epochs? allowed here: {FINETUNE}.",
        ),
        (
            r"    evaluate:\n",
            "    colour: red\n    evaluate:\n",
            f"tasks.news.colour: unknown key; allowed here: {KEYS}.",
        ),
        (
            r"compute:\n",
            "tusks: 1\ncompute:\n",
            "tusks: unknown key; did you mean tasks? allowed here: compute, tasks.",
        ),
        (r"modality: text", "modality: sound", "tasks.news.modality: found 'sound', allowed is text."),
    ],
)
def test_one_mistake(tmp_path, old, new, expected):
    said = message(tmp_path, swapped(old, new))
    assert expected in [line.strip() for line in said.splitlines()[1:]]
    if "domian" not in new:
        assert said == f" has a mistake:\n  {expected}"


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
    monkeypatch.chdir(ROOT / "tests")
    with pytest.raises(UserError) as caught:
        load_task("weather")
    assert str(caught.value) == "task 'weather' is not in params.yaml; its tasks are: news."


def test_yaml_is_read_as_dvc_reads_it(tmp_path):
    """YAML 1.2: the code of Norwegian is a text, 1e-4 is a number."""
    path = tmp_path / "params.yaml"
    path.write_text(swapped(r"domain: zh, kind: zh", "domain: no, kind: no"), encoding="utf-8")
    task = load_params(path).tasks["news"]
    assert task.targets[1].domain == "no"
    assert isinstance(task.finetune.learning_rate, float)

"""Every bad params.yaml that a user could write, with its exact message."""

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
PREPROCESS = "min_size, max_dropped, validation, test, seed, scrub"
FINETUNE = (
    "weights, rows, freeze, epochs, min_steps, batch_size, learning_rate, head_learning_rate, weight_decay, warmup,"
    " max_grad_norm, dropout, label_weights, average, processes, seed, noise"
)
PART = "none, a whole number of layers, or backbone"
NAME = "a name of lower-case letters, digits, '-' and '_' (it names files), 64 characters at most"
COUNT = "a whole number from 1 to 1000000"
SHARE = "a share from 0 to below 1"
BLOCK = "a mapping with a provider: bbc_news, news_probe, folder, table or hub"


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


TEXT_MISTAKES = [
    # wrong type
    (r"epochs: \d+", "epochs: three", f"tasks.news.finetune.epochs: found 'three', allowed is {COUNT}."),
    (r"epochs: \d+", "epochs: 2.5", f"tasks.news.finetune.epochs: found 2.5, allowed is {COUNT}."),
    (r"epochs: \d+", "epochs: true", f"tasks.news.finetune.epochs: found True, allowed is {COUNT}."),
    (r"noise: 0", "noise: 1", f"tasks.news.finetune.noise: found 1, allowed is {SHARE}."),
    (r"rows: 4 ", "rows: 0 ", f"tasks.news.stress.rows: found 0, allowed is {COUNT}."),
    (
        r"texts.tsv",
        "../texts.tsv",
        "tasks.news.stress.out_of_distribution: found 'data/out_of_distribution/../texts.tsv', allowed is none, or"
        " the path of a .tsv file in data/out_of_distribution.",
    ),
    (r"epochs: \d+", "epochs:", f"tasks.news.finetune.epochs: found None, allowed is {COUNT}."),
    (r"epochs: \d+", "epochs: [3]", f"tasks.news.finetune.epochs: found [3], allowed is {COUNT}."),
    (r"freeze: 10", "freeze: all", f"tasks.news.finetune.freeze: found 'all', allowed is {PART}."),
    (r"freeze: 10", "freeze: 1.5", f"tasks.news.finetune.freeze: found 1.5, allowed is {PART}."),
    (r"freeze: 10", "freeze: true", f"tasks.news.finetune.freeze: found True, allowed is {PART}."),
    (r"freeze: 10", "freeze:", f"tasks.news.finetune.freeze: found None, allowed is {PART}."),
    (r"freeze: 10", "freeze: [1]", f"tasks.news.finetune.freeze: found [1], allowed is {PART}."),
    (
        r"freeze: 10",
        "freeze: {layers: 1}",
        f"tasks.news.finetune.freeze: found {{'layers': 1}}, allowed is {PART}.",
    ),
    (r'prefix: ".*?"', "prefix: 3", "tasks.news.tokenize.prefix: found 3, allowed is a text, '' for none."),
    (r"domain: zh", "domain: 7", f"tasks.news.targets.1.domain: found 7, allowed is {NAME}."),
    (r"\{domain: zh, .*?\}", "zh", f"tasks.news.targets.1: found 'zh', allowed is {BLOCK}."),
    # impossible value
    (r"epochs: \d+", "epochs: 0", f"tasks.news.finetune.epochs: found 0, allowed is {COUNT}."),
    (r"threads: 2", "threads: -1", "compute.threads: found -1, allowed is a whole number from 1 to 1024."),
    (r"threads: 2", "threads: 9999", "compute.threads: found 9999, allowed is a whole number from 1 to 1024."),
    (r"kind: en", "kind: de", "tasks.news.source.kind: found 'de', allowed is en, the language of BBC News."),
    (
        r"instructions: avx2",
        "instructions: avx512",
        "compute.instructions: found 'avx512', allowed is avx2 or native.",
    ),
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
        r"scrub: none",
        "scrub: [email, name]",
        "tasks.news.preprocess.scrub: found ['email', 'name'], allowed is all, none, or a list of some of url,"
        " secret, handle, email, wallet, iban, mac, ip, coordinates, national_id, card, phone.",
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
    (r"freeze: 10", "freeze: -1", f"tasks.news.finetune.freeze: found -1, allowed is {PART}."),
    (r"rows: 1.0", "rows: 0", "tasks.news.finetune.rows: found 0, allowed is a share above 0, 1.0 for all."),
    (r"rows: 1.0", "rows: 1.5", "tasks.news.finetune.rows: found 1.5, allowed is a share above 0, 1.0 for all."),
    (
        r"min_steps: 0",
        "min_steps: -1",
        "tasks.news.finetune.min_steps: found -1, allowed is a whole number from 0 to 1000000.",
    ),
    (
        r"weights: pretrained",
        "weights: none",
        "tasks.news.finetune.weights: found 'none', allowed is pretrained or random.",
    ),
    (r"domain: zh", "domain: ../zh", f"tasks.news.targets.1.domain: found '../zh', allowed is {NAME}."),
    (r"  news:", "  My News:", f"tasks.My News: found 'My News', allowed is {NAME}."),
    # values that do not go together
    (
        r"test: 0.2",
        "test: 0.95",
        "tasks.news.preprocess: validation 0.1 and test 0.95 leave no training rows; their sum must be below 1.",
    ),
    (r"domain: zh", "domain: fr", "tasks.news: domain fr is named more than once; give each domain its own name."),
    (
        r"source: \{domain: en,",
        "source: {domain: en, shots: 4,",
        "tasks.news: domain en has shots (4), and is the source, which is trained on whole; take them out, or set"
        " finetune.rows to a share.",
    ),
    (
        "domain: zh,",
        "domain: zh, shots: 0,",
        "tasks.news.targets.1.shots: found 0, allowed is a whole number of 1 or more, or null for none.",
    ),
    (r"domain: zh", "domain: en", "tasks.news: domain en is named more than once; give each domain its own name."),
    # unknown and missing keys
    (r"domain: zh", "domian: zh", f"tasks.news.targets.1.domain: missing; allowed is {NAME}."),
    (r"    files: \S+", "", "tasks.news.files: missing; allowed is a text."),
    (
        r"provider: bbc_news",
        "provider: bbc",
        "tasks.news.source.provider: found 'bbc', allowed is bbc_news or folder or hub or news_probe or table.",
    ),
    (
        r", provider: bbc_news",
        "",
        "tasks.news.source.provider: missing; allowed is bbc_news or folder or hub or news_probe or table.",
    ),
    (
        r"backbone: \{.*?\}",
        "backbone: {provider: torchhub, name: x}",
        "tasks.news.backbone.provider: found 'torchhub', allowed is hub or local or package.",
    ),
    (
        r"backbone: \{.*?\}",
        "backbone: {provider: package, name: gpt}",
        "tasks.news.backbone.name: found 'gpt', allowed is multilingual-e5-small or multilingual-e5-small-mean.",
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
    (r"modality: text", "modality: sound", "tasks.news.modality: found 'sound', allowed is text or vision."),
    (r"modality: text", "modality: 3", "tasks.news.modality: found 3, allowed is text or vision."),
    (r"    modality: text.*\n", "", "tasks.news.modality: missing; allowed is text or vision."),
    # what belongs to the other modality
    (
        r"provider: bbc_news",
        "provider: digits",
        "tasks.news.source.provider: found 'digits', allowed is bbc_news or folder or hub or news_probe or table.",
    ),
    (
        r"name: multilingual-e5-small",
        "name: efficientnet-lite0",
        "tasks.news.backbone.name: found 'efficientnet-lite0', allowed is multilingual-e5-small or"
        " multilingual-e5-small-mean.",
    ),
    (
        r"    preprocess:\n",
        "    preprocess:\n      frame: ink\n",
        f"tasks.news.preprocess.frame: unknown key; allowed here: {PREPROCESS}.",
    ),
    (
        r"    tokenize:\n",
        "    tokenize:\n      size: 64\n",
        "tasks.news.tokenize.size: unknown key; allowed here: max_length, prefix.",
    ),
    (
        r"    finetune:\n",
        "    finetune:\n      augment: {turn: 10}\n",
        f"tasks.news.finetune.augment: unknown key; allowed here: {FINETUNE}.",
    ),
]


DIGITS = "tasks.digits"

AUGMENT = "turn, shear, scale, aspect, shift, warp, stroke, contrast, coarse, coarsest, noise"


PICTURE_MISTAKES = [
    (
        r"provider: digits",
        "provider: news_probe",
        f"{DIGITS}.source.provider: found 'news_probe', allowed is digits or folder.",
    ),
    (r", provider: digits", "", f"{DIGITS}.source.provider: missing; allowed is digits or folder."),
    (r"kind: mnist", "kind: en", f"{DIGITS}.source.kind: found 'en', allowed is mnist, uci or print."),
    (r"kind: uci", "kind: zip", f"{DIGITS}.targets.0.kind: found 'zip', allowed is mnist, uci or print."),
    (
        r"name: efficientnet-lite0",
        "name: multilingual-e5-small",
        f"{DIGITS}.backbone.name: found 'multilingual-e5-small', allowed is efficientnet-lite0.",
    ),
    (r"frame: ink", "frame: half", f"{DIGITS}.preprocess.frame: found 'half', allowed is ink or whole."),
    (r"      frame: .*\n", "", f"{DIGITS}.preprocess.frame: missing; allowed is ink or whole."),
    (
        r"size: 28",
        "size: 7",
        f"{DIGITS}.preprocess.size: found 7, allowed is a whole number of pixels from 8 to 4096.",
    ),
    (
        r"size: 64",
        "size: 1025",
        f"{DIGITS}.tokenize.size: found 1025, allowed is a whole number of pixels from 8 to 1024.",
    ),
    (
        r"    tokenize:\n",
        "    tokenize:\n      max_length: 128\n",
        f"{DIGITS}.tokenize.max_length: unknown key; allowed here: size.",
    ),
    (
        r"test: 0.2",
        "test: 0.9",
        f"{DIGITS}.preprocess: validation 0.1 and test 0.9 leave no training rows; their sum must be below 1.",
    ),
    (r"freeze: \d+", "freeze: some", f"{DIGITS}.finetune.freeze: found 'some', allowed is {PART}."),
    (
        r"      augment:\n(        .*\n)+",
        "",
        f"{DIGITS}.finetune.augment: missing; allowed is a mapping with the keys {AUGMENT}.",
    ),
    (
        r"      augment:\n(        .*\n)+",
        "      augment: none\n",
        f"{DIGITS}.finetune.augment: found 'none', allowed is a mapping with the keys {AUGMENT}.",
    ),
    (r"turn: \d+", "turn: 200", f"{DIGITS}.finetune.augment.turn: found 200, allowed is degrees from 0 to 180."),
    (r"shear: [\d.]+", "shear: 1", f"{DIGITS}.finetune.augment.shear: found 1, allowed is {SHARE}."),
    (r"warp: [\d.]+", "warp: -1", f"{DIGITS}.finetune.augment.warp: found -1, allowed is {SHARE}."),
    (
        r"stroke: [\d.]+",
        "stroke: a lot",
        f"{DIGITS}.finetune.augment.stroke: found 'a lot', allowed is pixels of 28, from 0 to 14.",
    ),
    (
        r"contrast: [\d.]+",
        "contrast: 0",
        f"{DIGITS}.finetune.augment.contrast: found 0, allowed is a factor from 1 to 100.",
    ),
    (r"coarse: [\d.]+", "coarse: 2", f"{DIGITS}.finetune.augment.coarse: found 2, allowed is a share from 0 to 1."),
    (r"noise: [\d.]+", "noise: 1", f"{DIGITS}.finetune.augment.noise: found 1, allowed is {SHARE}."),
    (r"coarsest: \d+", "coarsest: 0", f"{DIGITS}.finetune.augment.coarsest: found 0, allowed is {COUNT}."),
    (
        r"turn: ",
        "trun: 1\n        turn: ",
        f"{DIGITS}.finetune.augment.trun: unknown key; did you mean turn? allowed here: {AUGMENT}.",
    ),
    (
        r"domain: uci",
        "domain: mnist",
        f"{DIGITS}: domain mnist is named more than once; give each domain its own name.",
    ),
]


@pytest.mark.parametrize(
    ("good", "old", "new", "expected"),
    [*((GOOD, *case) for case in TEXT_MISTAKES), *((PICTURES, *case) for case in PICTURE_MISTAKES)],
)
def test_one_mistake(tmp_path, good, old, new, expected):
    said = message(tmp_path, swapped(old, new, good))
    assert f"\n  {expected}" in said
    if "domian" not in new:  # an unknown key whose right name is missing: two mistakes
        assert said == f" has a mistake:\n  {expected}"


@pytest.mark.parametrize("part", ["none", "backbone", 0, 3])
def test_what_may_be_frozen(tmp_path, part):
    path = tmp_path / "params.yaml"
    path.write_text(swapped(r"freeze: 10", f"freeze: {part}"), encoding="utf-8")
    assert load_params(path).tasks["news"].finetune.freeze == part


def test_what_goes_to_the_modality_and_what_to_training():
    text = load_params(ROOT / "tests/support/params.yaml").tasks["news"]
    vision = load_params(ROOT / "tests/support/params_vision.yaml").tasks["digits"]
    assert (text.preprocess.of_the_modality(), text.finetune.of_the_modality()) == ({}, {})
    assert vision.preprocess.of_the_modality() == {"frame": "ink", "size": 28}
    assert set(vision.finetune.of_the_modality()) == {"augment"}
    assert ", ".join(vision.finetune.of_the_modality()["augment"]) == AUGMENT
    assert set(text.finetune.for_training()) == set(vision.finetune.for_training())
    assert set(text.finetune.for_training()) == {
        "freeze",
        "label_weights",
        "average",
        "seed",
        "epochs",
        "min_steps",
        "batch_size",
        "learning_rate",
        "head_learning_rate",
        "weight_decay",
        "warmup",
        "max_grad_norm",
        "dropout",
    }


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
    path.write_text(swapped(r"domain: zh, kind: zh", "domain: no, kind: no"), encoding="utf-8")
    task = load_params(path).tasks["news"]
    assert task.targets[1].domain == "no"
    assert isinstance(task.finetune.learning_rate, float)

"""The message for each invalid value and each unknown key in params.yaml."""

import re

import pytest
from ruamel.yaml import YAML
from test_params import AUGMENT, COUNT, IMAGES, KEYS, TEXTS, error_message, replace_once

from crossfer.config.error_messages import NEW_NAMES

SIMILARITY = "none, or a similarity from 0.5 to 1"
FINETUNE = (
    "weights, train_fraction, freeze, epochs, min_steps, batch_size, learning_rate, head_learning_rate, weight_decay,"
    " warmup_ratio, max_grad_norm, dropout, class_weights, averaged_seeds, processes, seed, noise_fraction"
)
FREEZE = "none, backbone, or a whole number of layers"
NAME = "a name of at most 64 lower-case letters, digits, '-' and '_' (it is part of file names)"
FRACTION = "a fraction from 0 to below 1"
BLOCK = "a mapping with a provider: bbc_news, news_probe, folder, table or hub"
DIGITS = "tasks.digits"
IMAGE = "provider, domain, shots"
NO_LANGUAGE = "removed for images, which have no language; delete this key."
RESERVED = "is reserved for reports; give the domain another name"
SAMPLES = "a whole number from 100 to 1000000"
AUGMENTATION = "tasks.digits.finetune.augment"
PROVIDERS = "bbc_news, folder, hub, news_probe or table"
E5 = "multilingual-e5-small or multilingual-e5-small-mean"
SCRUB = (
    "all, none, or a list with some of url, secret, handle, email, wallet, iban, mac, ip, coordinates, national_id,"
    " card, phone"
)
TEXT_VALUES = [  # parameter, pattern of its line, expected, invalid values
    ("tasks.news.finetune.epochs", r"epochs: \d+", COUNT, ["three", "2.5", "true", "[3]", "0", ""]),
    ("tasks.news.finetune.noise_fraction", "noise_fraction: 0", FRACTION, ["1"]),
    ("tasks.news.preprocess.min_characters", r"min_characters: \d+", COUNT, ["0"]),
    ("tasks.news.preprocess.max_drop_fraction", r"max_drop_fraction: [\d.]+", FRACTION, ["1"]),
    ("tasks.news.preprocess.near_duplicate_threshold", "old: none", SIMILARITY, ["0.4", "80", "all", "[0.8]", ""]),
    ("tasks.news.stress.rows_per_domain", "rows_per_domain: 4", COUNT, ["0"]),
    ("tasks.news.finetune.freeze", "freeze: 10", FREEZE, ["all", "1.5", "true", "[1]", "{layers: 1}", "-1", ""]),
    ("tasks.news.tokenize.prefix", 'prefix: ".*?"', "a text, '' for none", ["3"]),
    ("tasks.news.targets.1.domain", "domain: zh", NAME, ["7", "../zh"]),
    ("compute.threads", "threads: 2", "a whole number from 1 to 1024", ["-1", "9999"]),
    ("compute.instructions", "instructions: avx2", "avx2 or native", ["avx512"]),
    ("compute.device", "device: cpu", "cpu, cuda or auto", ["tpu"]),
    ("tasks.news.finetune.learning_rate", r" learning_rate: \S+", "a number above 0 and below 1", ["0", ".nan"]),
    ("tasks.news.finetune.max_grad_norm", r"max_grad_norm: \S+", "a number above 0", [".inf"]),
    ("tasks.news.finetune.weight_decay", r"weight_decay: \S+", FRACTION, ["1.5"]),
    ("tasks.news.tokenize.max_length", r"max_length: \d+", "a whole number of tokens from 8 to 8192", ["4"]),
    ("tasks.news.preprocess.scrub", "scrub: none", SCRUB, ["[email, name]"]),
    ("tasks.news.evaluate.bootstrap_samples", r"bootstrap_samples: \d+", SAMPLES, ["10"]),
    ("tasks.news.finetune.class_weights", "class_weights: none", "none or balanced", ["some"]),
    ("tasks.news.preprocess.seed", "      seed: 0", "a whole number from 0 to 4294967295", ["-1"]),
    ("tasks.news.finetune.train_fraction", "train_fraction: 1.0", "a fraction above 0 and at most 1", ["0", "1.5"]),
    ("tasks.news.finetune.min_steps", "min_steps: 0", "a whole number from 0 to 1000000", ["-1"]),
    ("tasks.news.finetune.weights", "weights: pretrained", "pretrained or random", ["none"]),
    ("tasks.news.source.provider", "provider: bbc_news", PROVIDERS, ["bbc", "digits"]),
    ("tasks.news.modality", "modality: text", "text or vision", ["sound", "3"]),
    ("tasks.news.backbone.name", "name: multilingual-e5-small", E5, ["efficientnet-lite0"]),
]
IMAGE_VALUES = [  # parameter, pattern of its line, expected, invalid values
    ("tasks.digits.source.provider", "provider: digits", "digits or folder", ["news_probe"]),
    ("tasks.digits.targets.0.domain", "domain: uci", "mnist, uci or print", ["zip"]),
    ("tasks.digits.backbone.name", "name: efficientnet-lite0", "efficientnet-lite0", ["multilingual-e5-small"]),
    ("tasks.digits.preprocess.framing", "framing: mnist", "mnist or none", ["half"]),
    ("tasks.digits.preprocess.min_ink_pixels", r"min_ink_pixels: \d+", COUNT, ["0"]),
    ("tasks.digits.preprocess.size", "size: 28", "a whole number of pixels from 8 to 4096", ["7"]),
    ("tasks.digits.tokenize.size", "size: 64", "a whole number of pixels from 8 to 1024", ["1025"]),
    ("tasks.digits.finetune.freeze", r"freeze: \d+", FREEZE, ["some"]),
    ("tasks.digits.finetune.augment.rotation", r"rotation: \d+", "degrees from 0 to 180", ["200"]),
    ("tasks.digits.finetune.augment.shear", r"shear: [\d.]+", FRACTION, ["1"]),
    ("tasks.digits.finetune.augment.elastic", r"elastic: [\d.]+", FRACTION, ["-1"]),
    (f"{AUGMENTATION}.stroke_width", r"stroke_width: [\d.]+", "a number of pixels from 0 to 14", ["a lot"]),
    ("tasks.digits.finetune.augment.contrast", r"contrast: [\d.]+", "a factor from 1 to 100", ["0"]),
    (f"{AUGMENTATION}.low_resolution_fraction", r"low_resolution_fraction: [\d.]+", "a fraction from 0 to 1", ["2"]),
    ("tasks.digits.finetune.augment.gaussian_noise", r"gaussian_noise: [\d.]+", FRACTION, ["1"]),
    ("tasks.digits.finetune.augment.min_resolution", r"min_resolution: \d+", COUNT, ["0"]),
]
TEXT_MISTAKES = [  # pattern, replacement, message
    (
        r"texts.tsv",
        "../texts.tsv",
        "tasks.news.stress.out_of_distribution: expected none, or"
        " the path of a .tsv file in data/out_of_distribution, got 'data/out_of_distribution/../texts.tsv'.",
    ),
    (r"\{domain: zh, .*?\}", "zh", f"tasks.news.targets.1: expected {BLOCK}, got 'zh'."),
    (
        r"test_fraction: 0.2",
        "test_fraction: 0.95",
        "tasks.news.preprocess: validation_fraction 0.1 and test_fraction 0.95 leave no training rows; their sum must"
        " be below 1.",
    ),
    (r"domain: zh", "domain: fr", "tasks.news: domain fr is named more than once; give each domain its own name."),
    (
        r"source: \{domain: en,",
        "source: {domain: en, shots: 4,",
        "tasks.news: domain en is the source and has shots (4); remove them, or set finetune.train_fraction to train"
        " on fewer rows.",
    ),
    (
        "domain: zh,",
        "domain: zh, shots: 0,",
        "tasks.news.targets.1.shots: expected a whole number of 1 or more, or null for none, got 0.",
    ),
    *(("domain: zh", f"domain: {name}", f"tasks.news: domain name {name} {RESERVED}.") for name in ("all", "targets")),
    (r"domain: zh", "domain: en", "tasks.news: domain en is named more than once; give each domain its own name."),
    (r"domain: zh", "domian: zh", f"tasks.news.targets.1.domain: missing; expected {NAME}."),
    (r"    files: \S+", "", "tasks.news.files: missing; expected a non-empty text."),
    (r", provider: bbc_news", "", f"tasks.news.source.provider: missing; expected {PROVIDERS}."),
    (
        r"backbone: \{.*?\}",
        "backbone: {provider: torchhub, name: x}",
        "tasks.news.backbone.provider: expected hub, local or package, got 'torchhub'.",
    ),
    (
        r"backbone: \{.*?\}",
        "backbone: {provider: package, name: gpt}",
        f"tasks.news.backbone.name: expected {E5}, got 'gpt'.",
    ),
    (
        r"backbone: \{.*?\}",
        "backbone: {provider: hub, name: xlm-roberta-base, revision: main}",
        "tasks.news.backbone.revision: expected a commit of the model, 40 hex digits, got 'main'.",
    ),
    (
        r"    finetune:\n",
        "    finetune:\n      epoch: 3\n",
        f"tasks.news.finetune.epoch: unknown key; did you mean epochs? expected {FINETUNE}.",
    ),
    ("domain: en,", "domain: en, language: de,", "tasks.news.source.language: expected en, got 'de'."),
    (r"    evaluate:\n", "    colour: red\n    evaluate:\n", f"tasks.news.colour: unknown key; expected {KEYS}."),
    (
        r"compute:\n",
        "tusks: 1\ncompute:\n",
        "tusks: unknown key; did you mean tasks? expected compute, tasks, defaults.",
    ),
    (r"    modality: text.*\n", "", "tasks.news.modality: missing; expected text or vision."),
    (
        r"    preprocess:\n",
        "    preprocess:\n      framing: mnist\n",
        "tasks.news.preprocess.framing: unknown key; expected max_drop_fraction, validation_fraction, test_fraction,"
        " seed, min_characters, near_duplicate_threshold, scrub.",
    ),
    (
        r"    tokenize:\n",
        "    tokenize:\n      size: 64\n",
        "tasks.news.tokenize.size: unknown key; expected max_length, prefix.",
    ),
    (
        r"    finetune:\n",
        "    finetune:\n      augment: {rotation: 10}\n",
        f"tasks.news.finetune.augment: unknown key; expected {FINETUNE}.",
    ),
]
IMAGE_MISTAKES = [
    ("domain: uci", "domain: uci, kind: scan", f"{DIGITS}.targets.0.kind: {NO_LANGUAGE}"),
    ("    tokenize:\n", "    tokenize:\n      kind: a\n", f"{DIGITS}.tokenize.kind: unknown key; expected size."),
    ("domain: uci", "domain: uci, language: en", f"{DIGITS}.targets.0.language: unknown key; expected {IMAGE}."),
    (r", provider: digits", "", f"{DIGITS}.source.provider: missing; expected digits or folder."),
    (r"      framing: .*\n", "", f"{DIGITS}.preprocess.framing: missing; expected mnist or none."),
    (
        r"    tokenize:\n",
        "    tokenize:\n      max_length: 128\n",
        f"{DIGITS}.tokenize.max_length: unknown key; expected size.",
    ),
    (
        r"test_fraction: 0.2",
        "test_fraction: 0.9",
        f"{DIGITS}.preprocess: validation_fraction 0.1 and test_fraction 0.9 leave no training rows; their sum must be"
        " below 1.",
    ),
    (
        r"      augment:\n(        .*\n)+",
        "",
        f"{DIGITS}.finetune.augment: missing; expected a mapping with the keys {AUGMENT}.",
    ),
    (
        r"      augment:\n(        .*\n)+",
        "      augment: none\n",
        f"{DIGITS}.finetune.augment: expected a mapping with the keys {AUGMENT}, got 'none'.",
    ),
    (
        r"rotation: ",
        "rotatoin: 1\n        rotation: ",
        f"{DIGITS}.finetune.augment.rotatoin: unknown key; did you mean rotation? expected {AUGMENT}.",
    ),
    (
        r"domain: uci",
        "domain: mnist",
        f"{DIGITS}: domain mnist is named more than once; give each domain its own name.",
    ),
]


def invalid_values(params, table):
    """Yield each invalid value: params.yaml, pattern, replacement and message."""
    for parameter, pattern, expected, values in table:
        for value in values:
            parsed = YAML(typ="safe", pure=True).load(value)
            new = f"{pattern.partition(': ')[0]}: {value}"
            yield params, pattern, new, f"{parameter}: expected {expected}, got {parsed!r}."


@pytest.mark.parametrize(
    ("params", "pattern", "replacement", "expected"),
    [
        *invalid_values(TEXTS, TEXT_VALUES),
        *invalid_values(IMAGES, IMAGE_VALUES),
        *((TEXTS, *case) for case in TEXT_MISTAKES),
        *((IMAGES, *case) for case in IMAGE_MISTAKES),
    ],
)
def test_one_mistake(tmp_path, params, pattern, replacement, expected):
    message = error_message(tmp_path, replace_once(pattern, replacement, params))
    assert f"\n  {expected}" in message
    if "domian" not in replacement:  # an unknown key, and the known key is missing: two mistakes
        assert message == f" has a mistake:\n  {expected}"


@pytest.mark.parametrize(("old", "new"), [(old, new) for old, names in NEW_NAMES.items() for new in names])
def test_a_former_name_is_refused_with_its_new_name(tmp_path, old, new):
    params = TEXTS if f" {new}: " in TEXTS else IMAGES
    message = error_message(tmp_path, replace_once(f" {new}: ", f" {old}: ", params))
    assert re.fullmatch(rf" has a mistake:\n  tasks\.[\w.]+\.{old}: renamed; use {new}\.", message)

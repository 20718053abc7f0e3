"""The message for each mistake in params.yaml but invalid values."""

import re

import pytest
from test_params import AUGMENT, IMAGES, KEYS, TEXTS, error_message, replace_once

from crossfer.config.error_messages import NEW_NAMES

FINETUNE = (
    "weights, train_fraction, freeze, epochs, min_steps, batch_size, learning_rate, head_learning_rate, weight_decay,"
    " warmup_ratio, max_grad_norm, dropout, class_weights, averaged_seeds, processes, seed, noise_fraction"
)
NAME = "a name of at most 64 lower-case letters, digits, '-' and '_' (it is part of file names)"
PATH = "a path with names of at most 255 bytes"
BLOCK = "a mapping with a provider: bbc_news, news_probe, folder, table or hub"
DIGITS = "tasks.digits"
IMAGE = "provider, domain, shots, parallel"
NO_LANGUAGE = "removed for images, which have no language; delete this key."
RESERVED = "is reserved for reports; give the domain another name"
PROVIDERS = "bbc_news, folder, hub, news_probe or table"
E5 = "multilingual-e5-small or multilingual-e5-small-mean"
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
    (
        "averaged_seeds: 1(.*\n)*?      seed: 0",
        "averaged_seeds: 2\n      processes: 1\n      seed: 4294967295",
        "tasks.news.finetune: seed 4294967295 with averaged_seeds 2 needs seeds up to 4294967296, the last one is"
        " 4294967295; lower seed.",
    ),
    (r"domain: zh", "domain: fr", "tasks.news: domain fr is named more than once; give each domain its own name."),
    (
        r"source: \{domain: en,",
        "source: {domain: en, shots: 4,",
        "tasks.news: domain en is the source and has shots (4); remove them, or set finetune.train_fraction to train"
        " on fewer rows.",
    ),
    (
        r"source: \{domain: en,",
        "source: {domain: en, parallel: true,",
        "tasks.news: domain en is the source and has parallel: true; write it at the parallel targets.",
    ),
    (
        "domain: zh,",
        "domain: zh, parallel: sw,",
        "tasks.news.targets.1.parallel: expected true if its ids are those of the source or of other parallel targets,"
        " else false, got 'sw'.",
    ),
    (
        "domain: zh,",
        "domain: zh, shots: 0,",
        "tasks.news.targets.1.shots: expected a whole number of 1 or more, or null for none, got 0.",
    ),
    *(("domain: zh", f"domain: {name}", f"tasks.news: domain name {name} {RESERVED}.") for name in ("all", "targets")),
    (r"domain: zh", "domain: en", "tasks.news: domain en is named more than once; give each domain its own name."),
    (r"domain: zh", "domian: zh", f"tasks.news.targets.1.domain: missing; expected {NAME}."),
    (r"    files: \S+", "", f"tasks.news.files: missing; expected {PATH}."),
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
        " seed, min_characters, decode_entities, near_duplicate_threshold, scrub.",
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
    (
        r"batch_size: \d+",
        "batch_size: 1",
        f"{DIGITS}.finetune: batch_size 1 is one image per process, but batch norm needs two; set it to at least 2.",
    ),
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


@pytest.mark.parametrize(
    ("params", "pattern", "replacement", "expected"),
    [
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

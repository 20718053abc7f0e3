"""Every bad value and key that a user could write in params.yaml, with its exact message."""

import pytest
from ruamel.yaml import YAML
from test_params import AUGMENT, COUNT, GOOD, KEYS, PICTURES, message, swapped

PREPROCESS = "max_drop_fraction, validation_fraction, test_fraction, seed, min_characters, scrub"
FINETUNE = (
    "weights, train_fraction, freeze, epochs, min_steps, batch_size, learning_rate, head_learning_rate, weight_decay,"
    " warmup_ratio, max_grad_norm, dropout, class_weights, averaged_seeds, processes, seed, noise_fraction"
)
PART = "none, a whole number of layers, or backbone"
NAME = "a name of lower-case letters, digits, '-' and '_' (it names files), 64 characters at most"
SHARE = "a share from 0 to below 1"
BLOCK = "a mapping with a provider: bbc_news, news_probe, folder, table or hub"
DIGITS = "tasks.digits"
IMAGE = "provider, domain, shots"
AUGMENTATION = "tasks.digits.finetune.augment"
PROVIDERS = "bbc_news or folder or hub or news_probe or table"
E5 = "multilingual-e5-small or multilingual-e5-small-mean"
SCRUB = (
    "all, none, or a list of some of url, secret, handle, email, wallet, iban, mac, ip, coordinates, national_id, card,"
    " phone"
)
TEXT_VALUES = [  # parameter, its line in the file, what is allowed, values that are not
    ("tasks.news.finetune.epochs", r"epochs: \d+", COUNT, ["three", "2.5", "true", "[3]", "0", ""]),
    ("tasks.news.finetune.noise_fraction", "noise_fraction: 0", SHARE, ["1"]),
    ("tasks.news.stress.rows_per_domain", "rows_per_domain: 4 ", COUNT, ["0 "]),
    ("tasks.news.finetune.freeze", "freeze: 10", PART, ["all", "1.5", "true", "[1]", "{layers: 1}", "-1", ""]),
    ("tasks.news.tokenize.prefix", 'prefix: ".*?"', "a text, '' for none", ["3"]),
    ("tasks.news.targets.1.domain", "domain: zh", NAME, ["7", "../zh"]),
    ("compute.threads", "threads: 2", "a whole number from 1 to 1024", ["-1", "9999"]),
    ("compute.instructions", "instructions: avx2", "avx2 or native", ["avx512"]),
    ("compute.device", "device: cpu", "cpu, cuda or auto", ["tpu"]),
    ("tasks.news.finetune.learning_rate", r" learning_rate: \S+", "a number above 0 and below 1", ["0", ".nan"]),
    ("tasks.news.finetune.max_grad_norm", r"max_grad_norm: \S+", "a number above 0", [".inf"]),
    ("tasks.news.finetune.weight_decay", r"weight_decay: \S+", SHARE, ["1.5"]),
    ("tasks.news.tokenize.max_length", r"max_length: \d+", "a whole number of tokens from 8 to 8192", ["4"]),
    ("tasks.news.preprocess.scrub", "scrub: none", SCRUB, ["[email, name]"]),
    (
        "tasks.news.evaluate.bootstrap_samples",
        r"bootstrap_samples: \d+",
        "a whole number of resamples from 100 to 1000000",
        ["10"],
    ),
    ("tasks.news.finetune.class_weights", "class_weights: none", "none or balanced", ["some"]),
    ("tasks.news.preprocess.seed", "      seed: 0", "a whole number from 0 to 4294967295", ["-1"]),
    ("tasks.news.finetune.train_fraction", "train_fraction: 1.0", "a share above 0, 1.0 for all", ["0", "1.5"]),
    ("tasks.news.finetune.min_steps", "min_steps: 0", "a whole number from 0 to 1000000", ["-1"]),
    ("tasks.news.finetune.weights", "weights: pretrained", "pretrained or random", ["none"]),
    ("tasks.news.source.provider", "provider: bbc_news", PROVIDERS, ["bbc", "digits"]),
    ("tasks.news.modality", "modality: text", "text or vision", ["sound", "3"]),
    ("tasks.news.backbone.name", "name: multilingual-e5-small", E5, ["efficientnet-lite0"]),
]
IMAGE_VALUES = [  # parameter, its line in the file, what is allowed, values that are not
    ("tasks.digits.source.provider", "provider: digits", "digits or folder", ["news_probe"]),
    ("tasks.digits.targets.0.domain", "domain: uci", "mnist, uci or print", ["zip"]),
    ("tasks.digits.backbone.name", "name: efficientnet-lite0", "efficientnet-lite0", ["multilingual-e5-small"]),
    ("tasks.digits.preprocess.framing", "framing: mnist", "mnist or none", ["half"]),
    ("tasks.digits.preprocess.size", "size: 28", "a whole number of pixels from 8 to 4096", ["7"]),
    ("tasks.digits.tokenize.size", "size: 64", "a whole number of pixels from 8 to 1024", ["1025"]),
    ("tasks.digits.finetune.freeze", r"freeze: \d+", PART, ["some"]),
    ("tasks.digits.finetune.augment.rotation", r"rotation: \d+", "degrees from 0 to 180", ["200"]),
    ("tasks.digits.finetune.augment.shear", r"shear: [\d.]+", SHARE, ["1"]),
    ("tasks.digits.finetune.augment.elastic", r"elastic: [\d.]+", SHARE, ["-1"]),
    ("tasks.digits.finetune.augment.stroke_width", r"stroke_width: [\d.]+", "pixels of 28, from 0 to 14", ["a lot"]),
    ("tasks.digits.finetune.augment.contrast", r"contrast: [\d.]+", "a factor from 1 to 100", ["0"]),
    (f"{AUGMENTATION}.low_resolution_fraction", r"low_resolution_fraction: [\d.]+", "a share from 0 to 1", ["2"]),
    ("tasks.digits.finetune.augment.gaussian_noise", r"gaussian_noise: [\d.]+", SHARE, ["1"]),
    ("tasks.digits.finetune.augment.min_resolution", r"min_resolution: \d+", COUNT, ["0"]),
]
TEXT_MISTAKES = [  # what stands in the file, what takes its place, the message
    (
        r"texts.tsv",
        "../texts.tsv",
        "tasks.news.stress.out_of_distribution: found 'data/out_of_distribution/../texts.tsv', allowed is none, or"
        " the path of a .tsv file in data/out_of_distribution.",
    ),
    (r"\{domain: zh, .*?\}", "zh", f"tasks.news.targets.1: found 'zh', allowed is {BLOCK}."),
    (r"  news:", "  My News:", f"tasks.My News: found 'My News', allowed is {NAME}."),
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
        "tasks.news: domain en has shots (4), and is the source, which is trained on whole; take them out, or set"
        " finetune.train_fraction to a share.",
    ),
    (
        "domain: zh,",
        "domain: zh, shots: 0,",
        "tasks.news.targets.1.shots: found 0, allowed is a whole number of 1 or more, or null for none.",
    ),
    (r"domain: zh", "domain: en", "tasks.news: domain en is named more than once; give each domain its own name."),
    (r"domain: zh", "domian: zh", f"tasks.news.targets.1.domain: missing; allowed is {NAME}."),
    (r"    files: \S+", "", "tasks.news.files: missing; allowed is a text."),
    (
        r", provider: bbc_news",
        "",
        f"tasks.news.source.provider: missing; allowed is {PROVIDERS}.",
    ),
    (
        r"backbone: \{.*?\}",
        "backbone: {provider: torchhub, name: x}",
        "tasks.news.backbone.provider: found 'torchhub', allowed is hub or local or package.",
    ),
    (
        r"backbone: \{.*?\}",
        "backbone: {provider: package, name: gpt}",
        f"tasks.news.backbone.name: found 'gpt', allowed is {E5}.",
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
    ("domain: en,", "domain: en, language: de,", "tasks.news.source.language: found 'de', allowed is en."),
    (r"domain: en,", "domain: en, kind: en,", "tasks.news.source.kind: renamed to language."),
    (r"warmup_ratio: ", "warmup: ", "tasks.news.finetune.warmup: renamed to warmup_ratio."),
    (r"rows_per_domain: ", "rows: ", "tasks.news.stress.rows: renamed to rows_per_domain."),
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
    (r"    modality: text.*\n", "", "tasks.news.modality: missing; allowed is text or vision."),
    (
        r"    preprocess:\n",
        "    preprocess:\n      framing: mnist\n",
        f"tasks.news.preprocess.framing: unknown key; allowed here: {PREPROCESS}.",
    ),
    (
        r"    tokenize:\n",
        "    tokenize:\n      size: 64\n",
        "tasks.news.tokenize.size: unknown key; allowed here: max_length, prefix.",
    ),
    (
        r"    finetune:\n",
        "    finetune:\n      augment: {rotation: 10}\n",
        f"tasks.news.finetune.augment: unknown key; allowed here: {FINETUNE}.",
    ),
]
IMAGE_MISTAKES = [
    ("domain: uci", "domain: uci, language: en", f"{DIGITS}.targets.0.language: unknown key; allowed here: {IMAGE}."),
    (r", provider: digits", "", f"{DIGITS}.source.provider: missing; allowed is digits or folder."),
    (r"      framing: .*\n", "", f"{DIGITS}.preprocess.framing: missing; allowed is mnist or none."),
    (
        r"    tokenize:\n",
        "    tokenize:\n      max_length: 128\n",
        f"{DIGITS}.tokenize.max_length: unknown key; allowed here: size.",
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
        f"{DIGITS}.finetune.augment: missing; allowed is a mapping with the keys {AUGMENT}.",
    ),
    (
        r"      augment:\n(        .*\n)+",
        "      augment: none\n",
        f"{DIGITS}.finetune.augment: found 'none', allowed is a mapping with the keys {AUGMENT}.",
    ),
    (
        r"rotation: ",
        "rotatoin: 1\n        rotation: ",
        f"{DIGITS}.finetune.augment.rotatoin: unknown key; did you mean rotation? allowed here: {AUGMENT}.",
    ),
    (
        r"domain: uci",
        "domain: mnist",
        f"{DIGITS}: domain mnist is named more than once; give each domain its own name.",
    ),
]


def wrong_values(good, table):
    """Return a case per wrong value: the file, what stands there, what takes its place, the message."""
    for parameter, line, allowed, values in table:
        for value in values:
            found = YAML(typ="safe", pure=True).load(value)
            new = f"{line.partition(': ')[0]}: {value}"
            yield good, line, new, f"{parameter}: found {found!r}, allowed is {allowed}."


@pytest.mark.parametrize(
    ("good", "old", "new", "expected"),
    [
        *wrong_values(GOOD, TEXT_VALUES),
        *wrong_values(PICTURES, IMAGE_VALUES),
        *((GOOD, *case) for case in TEXT_MISTAKES),
        *((PICTURES, *case) for case in IMAGE_MISTAKES),
    ],
)
def test_one_mistake(tmp_path, good, old, new, expected):
    said = message(tmp_path, swapped(old, new, good))
    assert f"\n  {expected}" in said
    if "domian" not in new:  # an unknown key whose right name is missing: two mistakes
        assert said == f" has a mistake:\n  {expected}"

"""The message for each invalid value in params.yaml."""

import pytest
from ruamel.yaml import YAML
from test_params import COUNT, IMAGES, TEXTS, error_message, replace_once
from test_params_messages import E5, NAME, PATH, PROVIDERS

from crossfer.errors import shorten

SIMILARITY = "none, or a similarity from 0.5 to 1"
FREEZE = "none, backbone, or a whole number of layers"
FRACTION = "a fraction from 0 to below 1"
SAMPLES = "a whole number from 100 to 1000000"
AUGMENTATION = "tasks.digits.finetune.augment"
SCRUB = (
    "all, none, or a list with some of url, secret, email, handle, wallet, iban, mac, ip, coordinates, national_id,"
    " card, phone"
)
TEXT_VALUES = [  # parameter, pattern of its line, expected, invalid values
    ("tasks.news.finetune.epochs", r"epochs: \d+", COUNT, ["three", "2.5", "true", "[3]", "0", ""]),
    ("tasks.news.finetune.noise_fraction", "noise_fraction: 0", FRACTION, ["1"]),
    ("tasks.news.preprocess.min_characters", r"min_characters: \d+", COUNT, ["0"]),
    ("tasks.news.preprocess.max_drop_fraction", r"max_drop_fraction: [\d.]+", "a fraction from 0 to 1", ["1.5"]),
    ("tasks.news.files", r"files: \S+", PATH, ["3"]),
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


def invalid_values(params, table):
    """Yield each invalid value: params.yaml, pattern, replacement and message."""
    for parameter, pattern, expected, values in table:
        for value in values:
            parsed = YAML(typ="safe", pure=True).load(value)
            new = f"{pattern.partition(': ')[0]}: {value}"
            yield params, pattern, new, f"{parameter}: expected {expected}, got {shorten(parsed)}."


@pytest.mark.parametrize(
    ("params", "pattern", "replacement", "expected"),
    [*invalid_values(TEXTS, TEXT_VALUES), *invalid_values(IMAGES, IMAGE_VALUES)],
)
def test_an_invalid_value(tmp_path, params, pattern, replacement, expected):
    message = error_message(tmp_path, replace_once(pattern, replacement, params))
    assert message == f" has a mistake:\n  {expected}"

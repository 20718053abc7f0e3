"""Text classifiers have label names, random weights and cached frozen layers."""

import numpy as np
import pytest
import torch

from crossfer.modalities.text import model as text_model
from crossfer.modeling.freezing import freeze
from crossfer.modeling.inference import predict_logits

INPUTS = [np.array([1, *range(10, 10 + n), 2], np.int32) for n in (5, 9, 2)]


def build(backbone, weights="pretrained"):
    torch.manual_seed(0)
    return text_model.build(backbone, ["business", "sports"], weights)


@pytest.fixture
def model(tiny_backbone):
    return build(tiny_backbone)


@pytest.mark.parametrize("weights", ["pretrained", "random"])
def test_a_model_has_label_names(tiny_backbone, weights):
    model = build(tiny_backbone, weights)
    assert model.config.id2label == {0: "business", 1: "sports"}
    assert model.config.label2id == {"business": 0, "sports": 1}
    assert model.classifier.out_features == 2
    assert not model.training
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_a_head_of_another_size_is_replaced(tiny_backbone, tmp_path):
    from transformers import AutoModelForSequenceClassification

    AutoModelForSequenceClassification.from_pretrained(tiny_backbone, num_labels=7).save_pretrained(tmp_path)
    model = build(tmp_path)
    assert model.classifier.weight.shape == (2, 32)
    assert torch.equal(model.bert.pooler.dense.weight, build(tiny_backbone).bert.pooler.dense.weight)


def test_a_head_of_the_same_size_is_replaced(tiny_backbone, tmp_path):
    first = build(tiny_backbone)
    with torch.no_grad():
        first.classifier.bias += 5
    first.save_pretrained(tmp_path)
    model = build(tmp_path)
    assert not model.classifier.bias.any()
    assert not torch.equal(model.classifier.weight, first.classifier.weight)
    assert torch.equal(model.bert.pooler.dense.weight, first.bert.pooler.dense.weight)
    assert torch.equal(text_model.load(tmp_path).classifier.bias, first.classifier.bias)


def test_random_weights_have_the_shapes_of_pretrained_ones(tiny_backbone):
    from safetensors.torch import load_file

    stored = load_file(tiny_backbone / "model.safetensors")
    pretrained, random = (build(tiny_backbone, weights).state_dict() for weights in ("pretrained", "random"))
    assert [(name, weight.shape) for name, weight in pretrained.items()] == [
        (name, weight.shape) for name, weight in random.items()
    ]
    for name, weight in stored.items():
        assert torch.equal(pretrained[f"bert.{name}"], weight)
        if weight.ndim > 1:
            assert not torch.equal(random[f"bert.{name}"], weight)


def test_random_weights_depend_on_the_seed(tiny_backbone):
    model, repeated = build(tiny_backbone, "random"), build(tiny_backbone, "random")
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), repeated.parameters(), strict=True))
    unseeded = text_model.build(tiny_backbone, ["business", "sports"], "random")
    assert not torch.equal(model.classifier.weight, unseeded.classifier.weight)


def test_a_saved_model_is_loaded_unchanged(model, tmp_path):
    model.save_pretrained(tmp_path)
    loaded = text_model.load(tmp_path)
    assert loaded.config.id2label == {0: "business", 1: "sports"}
    assert np.array_equal(
        predict_logits(loaded, INPUTS, text_model.collate, 2, "test"),
        predict_logits(model, INPUTS, text_model.collate, 2, "test"),
    )


def test_transformers_runs_a_saved_model(model, tmp_path, tiny_backbone):
    from transformers import AutoTokenizer, pipeline

    model.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(tiny_backbone).save_pretrained(tmp_path)
    classify = pipeline("text-classification", str(tmp_path), device="cpu")
    assert classify("the bank")[0]["label"] in {"business", "sports"}


def test_pickled_weights_are_not_loaded(tiny_backbone, tmp_path):
    torch.save({}, tmp_path / "pytorch_model.bin")
    (tmp_path / "config.json").write_text((tiny_backbone / "config.json").read_text())
    with pytest.raises(OSError, match="safetensors"):
        text_model.build(tmp_path, ["a", "b"], "pretrained")
    with pytest.raises(OSError, match="safetensors"):
        text_model.load(tmp_path)


def test_collate_pads_to_the_longest(model):
    batch = text_model.collate(model, INPUTS)
    assert batch["input_ids"].shape == (3, 11)
    assert batch["attention_mask"].sum(1).tolist() == [7, 11, 4]
    assert batch["input_ids"][2].tolist() == [1, 10, 11, 2] + [0] * 7


def test_texts_are_not_augmented():
    assert text_model.training_collate() is text_model.collate


@pytest.mark.parametrize("family", ["bert", "roberta", "xlm-roberta", "camembert", "distilbert", "modernbert"])
@pytest.mark.parametrize("part", [0, 1, 2, "backbone"])
def test_cached_outputs_give_the_same_logits(family, part):
    """For common architectures and every number of frozen layers."""
    from transformers import AutoConfig, AutoModelForSequenceClassification

    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    if family == "distilbert":
        shape = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32}
    torch.manual_seed(0)
    config = AutoConfig.for_model(
        family, vocab_size=64, max_position_embeddings=32, pad_token_id=0, num_labels=3, **shape
    )
    model = AutoModelForSequenceClassification.from_config(config, attn_implementation="sdpa").eval()
    freeze(model, part)
    expected = predict_logits(model, INPUTS, text_model.collate, 2, "test")
    with text_model.prepare_inputs(model, INPUTS, 2) as outputs:
        assert [output.shape for output in outputs] == [(len(ids), 16) for ids in INPUTS]
        assert all(isinstance(output, np.memmap) for output in outputs)  # on disk: they may exceed memory
        logits = predict_logits(model, outputs, text_model.collate, 2, "test")
    assert np.allclose(expected, logits, atol=2e-3)  # cached in fp16
    assert np.array_equal(predict_logits(model, INPUTS, text_model.collate, 2, "test"), expected)


def test_a_last_layer_of_one_token_is_cached(model):
    """A built classifier computes only the first token's state in its last layer."""
    freeze(model, "backbone")
    expected = predict_logits(model, INPUTS, text_model.collate, 2, "test")
    with text_model.prepare_inputs(model, INPUTS, 2) as outputs:
        assert [output.shape for output in outputs] == [(1, 32)] * 3
        logits = predict_logits(model, outputs, text_model.collate, 2, "test")
    assert np.allclose(expected, logits, atol=2e-3)


def test_nothing_is_cached_if_nothing_is_frozen(model):
    freeze(model, "none")
    with text_model.prepare_inputs(model, INPUTS, 2) as outputs:
        assert all(output is row for output, row in zip(outputs, INPUTS, strict=True))


@pytest.mark.parametrize("family", ["deberta-v2", "mpnet", "electra"])
def test_nothing_is_cached_if_layers_share_weights(family):
    """Training changes the outputs of their frozen layers, which run in every epoch."""
    from transformers import AutoConfig, AutoModelForSequenceClassification

    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = AutoConfig.for_model(family, vocab_size=64, max_position_embeddings=32, pad_token_id=0, **shape)
    model = AutoModelForSequenceClassification.from_config(config)
    freeze(model, 1)
    assert not all(parameter.requires_grad for parameter in model.parameters())
    with text_model.prepare_inputs(model, INPUTS, 2) as outputs:
        assert all(output is row for output, row in zip(outputs, INPUTS, strict=True))


def test_a_model_has_all_layers_after_an_error(model):
    freeze(model, 1)
    before = model.bert.embeddings, len(model.bert.encoder.layer)
    with pytest.raises(ZeroDivisionError), text_model.prepare_inputs(model, INPUTS, 2):
        raise ZeroDivisionError
    assert (model.bert.embeddings, len(model.bert.encoder.layer)) == before

"""Models of text: heads with label names, freezing, and that training on kept outputs is training the model."""

import numpy as np
import pytest
import torch

from stages.modalities import text_model
from stages.shared.errors import UserError
from stages.shared.inference import logits

INPUTS = [np.array([1, *range(10, 10 + n), 2], np.int32) for n in (5, 9, 2)]


@pytest.fixture
def model(tiny_backbone):
    torch.manual_seed(0)
    return text_model.load(tiny_backbone, ["business", "sports"])


def frozen_names(model):
    return {name for name, parameter in model.named_parameters() if not parameter.requires_grad}


def test_labels_are_names(model):
    assert model.config.id2label == {0: "business", 1: "sports"}
    assert model.config.label2id == {"business": 0, "sports": 1}


def test_a_saved_model_is_an_ordinary_one(model, tmp_path, tiny_backbone):
    from transformers import AutoTokenizer, pipeline

    model.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(tiny_backbone).save_pretrained(tmp_path)
    classify = pipeline("text-classification", str(tmp_path), device="cpu")
    assert classify("the bank")[0]["label"] in {"business", "sports"}


def test_pickled_weights_are_not_loaded(tiny_backbone, tmp_path):
    torch.save({}, tmp_path / "pytorch_model.bin")
    (tmp_path / "config.json").write_text((tiny_backbone / "config.json").read_text())
    with pytest.raises(OSError, match="safetensors"):
        text_model.load(tmp_path, ["a", "b"])


def test_collate_pads_to_the_longest(model):
    batch = text_model.collate(model, INPUTS)
    assert batch["input_ids"].shape == (3, 11)
    assert batch["attention_mask"].sum(1).tolist() == [7, 11, 4]
    assert batch["input_ids"][2].tolist() == [1, 10, 11, 2] + [0] * 7


@pytest.mark.parametrize("layers", [0, 1, 2])
def test_freeze(model, layers):
    text_model.freeze(model, embeddings=True, layers=layers)
    names = frozen_names(model)
    assert all(name.startswith(("bert.embeddings.", "bert.encoder.layer.")) for name in names)
    assert {name.split(".")[3] for name in names if ".layer." in name} == {str(layer) for layer in range(layers)}


def test_freeze_nothing(model):
    text_model.freeze(model, embeddings=False, layers=0)
    assert not frozen_names(model)


def test_more_layers_than_there_are(model):
    with pytest.raises(UserError, match=r"freeze.layers is 3, the backbone has 2 layers; lower it."):
        text_model.freeze(model, embeddings=True, layers=3)


@pytest.mark.parametrize("family", ["bert", "roberta", "xlm-roberta", "camembert", "distilbert", "modernbert"])
@pytest.mark.parametrize("layers", [0, 1, 2])
def test_above_its_frozen_part_a_model_says_the_same(family, layers):
    """For every architecture that a user is likely to name, and every depth: the whole model's outputs."""
    from transformers import AutoConfig, AutoModelForSequenceClassification

    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    if family == "distilbert":
        shape = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32}
    torch.manual_seed(0)
    config = AutoConfig.for_model(
        family, vocab_size=64, max_position_embeddings=32, pad_token_id=0, num_labels=3, **shape
    )
    model = AutoModelForSequenceClassification.from_config(config, attn_implementation="sdpa").eval()
    text_model.freeze(model, embeddings=True, layers=layers)
    inputs = [np.array([1, *range(10, 10 + n), 2], np.int32) for n in (5, 9, 2)]
    whole = logits(model, inputs, text_model.collate, 2, "whole")
    with text_model.frozen_once(model, inputs, 2) as outputs:
        assert [one.shape for one in outputs] == [(len(ids), 16) for ids in inputs]
        above = logits(model, outputs, text_model.collate, 2, "above")
    assert np.allclose(whole, above, atol=2e-3)  # kept in half precision
    assert np.array_equal(logits(model, inputs, text_model.collate, 2, "again"), whole)


@pytest.mark.parametrize("family", ["deberta-v2", "mpnet", "electra"])
def test_where_layers_share_weights_nothing_is_kept(family):
    """There the frozen layers' outputs change while the rest is trained: they are run in every epoch."""
    from transformers import AutoConfig, AutoModelForSequenceClassification

    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = AutoConfig.for_model(family, vocab_size=64, max_position_embeddings=32, pad_token_id=0, **shape)
    model = AutoModelForSequenceClassification.from_config(config)
    text_model.freeze(model, embeddings=True, layers=1)
    assert frozen_names(model)
    with text_model.frozen_once(model, INPUTS, 2) as outputs:
        assert all(one is other for one, other in zip(outputs, INPUTS, strict=True))


def test_a_model_is_whole_again_after_an_error(model):
    text_model.freeze(model, embeddings=True, layers=1)
    before = model.bert.embeddings, len(model.bert.encoder.layer)
    with pytest.raises(ZeroDivisionError), text_model.frozen_once(model, INPUTS, 2):
        raise ZeroDivisionError
    assert (model.bert.embeddings, len(model.bert.encoder.layer)) == before


def test_what_cannot_be_frozen_in_part_says_so():
    from transformers import FunnelConfig, FunnelForSequenceClassification

    model = FunnelForSequenceClassification(FunnelConfig(vocab_size=32, d_model=8, n_head=2, d_head=4, d_inner=8))
    with pytest.raises(UserError, match="a backbone of type funnel cannot be frozen in part"):
        text_model.freeze(model, embeddings=True, layers=1)

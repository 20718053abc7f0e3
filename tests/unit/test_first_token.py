"""A last layer for the first state gives usual outputs with fewer operations."""

import copy

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from crossfer.modalities.text.model.first_token import compute_first_token_only

BATCH = {
    "input_ids": torch.tensor([[1, 10, 11, 12, 2], [1, 13, 2, 0, 0]]),
    "attention_mask": torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]),
}
UNPADDED = {name: tensor[:1] for name, tensor in BATCH.items()}


def build(family, attention="sdpa", **changes):
    from transformers import AutoConfig, AutoModelForSequenceClassification

    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    if family == "distilbert":
        shape = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32}
    torch.manual_seed(0)
    sizes = {"vocab_size": 64, "max_position_embeddings": 32, "pad_token_id": 0, "num_labels": 3}
    config = AutoConfig.for_model(family, **sizes, **shape, **changes)
    return AutoModelForSequenceClassification.from_config(config, attn_implementation=attention).eval()


def count_operations(model):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(**BATCH)
    return counter.get_total_flops()


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("family", ["bert", "roberta", "xlm-roberta", "camembert"])
@pytest.mark.parametrize("batch", [BATCH, UNPADDED], ids=["padded", "unpadded"])
def test_outputs_and_gradients_are_those_of_the_usual_model(family, attention, batch):
    usual = build(family, attention)
    model = copy.deepcopy(usual)
    compute_first_token_only(model)
    assert torch.allclose(model(**batch).logits, usual(**batch).logits, atol=1e-5)
    for network in (model, usual):
        network(**batch).logits.square().sum().backward()
    for (name, parameter), expected in zip(model.named_parameters(), usual.parameters(), strict=True):
        assert (parameter.grad is None) == (expected.grad is None), name
        assert parameter.grad is None or torch.allclose(parameter.grad, expected.grad, atol=1e-5), name
    assert model.base_model(**batch).last_hidden_state.shape[1] == 1
    assert set(model.state_dict()) == set(usual.state_dict())


def test_it_needs_fewer_operations():
    model = build("bert")
    before = count_operations(model)
    compute_first_token_only(model)
    assert count_operations(model) < 0.75 * before  # five sixths of one of two layers, less for a short text


def test_dropout_is_active_only_in_training():
    model = build("bert", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.5)
    compute_first_token_only(model)
    assert torch.equal(model(**BATCH).logits, model(**BATCH).logits)
    model.train()
    assert not torch.equal(model(**BATCH).logits, model(**BATCH).logits)


@pytest.mark.parametrize("family", ["distilbert", "modernbert"])
def test_other_architectures_stay_unchanged(family):
    model = build(family)
    before = count_operations(model)
    compute_first_token_only(model)
    assert count_operations(model) == before

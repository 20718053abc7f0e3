"""The last layer computes the first state alone: the ordinary model's answers and gradients, for less work."""

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


def made(family, attention="sdpa", **changes):
    from transformers import AutoConfig, AutoModelForSequenceClassification

    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    if family == "distilbert":
        shape = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32}
    torch.manual_seed(0)
    sizes = {"vocab_size": 64, "max_position_embeddings": 32, "pad_token_id": 0, "num_labels": 3}
    config = AutoConfig.for_model(family, **sizes, **shape, **changes)
    return AutoModelForSequenceClassification.from_config(config, attn_implementation=attention).eval()


def flops(model):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(**BATCH)
    return counter.get_total_flops()


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("family", ["bert", "roberta", "xlm-roberta", "camembert"])
@pytest.mark.parametrize("batch", [BATCH, UNPADDED], ids=["padded", "unpadded"])
def test_answers_and_gradients_are_those_of_the_ordinary_model(family, attention, batch):
    ordinary = made(family, attention)
    model = copy.deepcopy(ordinary)
    compute_first_token_only(model)
    assert torch.allclose(model(**batch).logits, ordinary(**batch).logits, atol=1e-5)
    for one in (model, ordinary):
        one(**batch).logits.square().sum().backward()
    for (name, mine), other in zip(model.named_parameters(), ordinary.parameters(), strict=True):
        assert (mine.grad is None) == (other.grad is None), name
        assert mine.grad is None or torch.allclose(mine.grad, other.grad, atol=1e-5), name
    assert model.base_model(**batch).last_hidden_state.shape[1] == 1
    assert set(model.state_dict()) == set(ordinary.state_dict())


def test_it_is_less_work():
    model = made("bert")
    before = flops(model)
    compute_first_token_only(model)
    assert flops(model) < 0.75 * before  # of two layers, five sixths of one, less for so short a text


def test_dropout_is_on_in_training_alone():
    model = made("bert", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.5)
    compute_first_token_only(model)
    assert torch.equal(model(**BATCH).logits, model(**BATCH).logits)
    model.train()
    assert not torch.equal(model(**BATCH).logits, model(**BATCH).logits)


@pytest.mark.parametrize("family", ["distilbert", "modernbert"])
def test_other_architectures_are_left_alone(family):
    model = made(family)
    before = flops(model)
    compute_first_token_only(model)
    assert flops(model) == before

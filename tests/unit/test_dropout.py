"""set_dropout changes modules and numbers of a network, not its configuration."""

import pytest
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification

from crossfer.modeling.dropout import set_dropout

WIDTH = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
TOKENS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1, "sep_token_id": 2}
FAMILIES = {
    "bert": {"hidden_dropout_prob": 0.5, "attention_probs_dropout_prob": 0.5},
    "modernbert": {"attention_dropout": 0.5, "mlp_dropout": 0.5, "embedding_dropout": 0.5, **TOKENS},
}


@pytest.mark.parametrize("family", FAMILIES)
def test_without_dropout_a_model_in_training_mode_is_deterministic(family):
    config = AutoConfig.for_model(family, vocab_size=64, max_position_embeddings=32, **WIDTH, **FAMILIES[family])
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(config).train()
    saved, ids = model.config.to_dict(), torch.randint(5, 60, (4, 9))

    def differs():
        first, second = (model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits for _ in range(2))
        return not torch.equal(first, second)

    assert differs()
    set_dropout(model, 0.0)
    assert not differs()
    set_dropout(model, 0.3)
    assert differs()
    assert model.config.to_dict() == saved

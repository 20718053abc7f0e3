"""Compute only the first token's state in the last layer: the head reads no other.

The keys and values of all tokens are computed, but queries and the feed-forward part of the first alone. This saves
five sixths of a layer and changes only the last bits of the result.
"""

import torch
from torch import nn
from transformers import PreTrainedModel

from crossfer.modeling.freezing import find_layer_list

# Model types whose classifier reads the first state, and whose layers have BERT's structure.
FIRST_TOKEN_MODELS = ("bert", "roberta", "xlm-roberta", "camembert")


def compute_first_token_only(model: PreTrainedModel) -> PreTrainedModel:
    """Let the last layer return (rows, 1, width), in place, and return the classifier.

    Its weights and their names stay. Models of other types than FIRST_TOKEN_MODELS stay unchanged.
    """
    config = model.config
    has_bert_layers = config.model_type in FIRST_TOKEN_MODELS and not config.is_decoder
    if not has_bert_layers or config._attn_implementation not in ("sdpa", "eager"):
        return model
    parent, name = find_layer_list(model)
    layer = getattr(parent, name)[-1]
    attention = layer.attention.self

    def split_heads(states: torch.Tensor) -> torch.Tensor:
        """Reshape (rows, tokens, width) to (rows, heads, tokens, width of a head)."""
        shape = (*states.shape[:2], attention.num_attention_heads, attention.attention_head_size)
        return states.reshape(shape).transpose(1, 2)

    def forward(
        states: torch.Tensor, attention_mask: torch.Tensor | None = None, *_: object, **__: object
    ) -> torch.Tensor:
        first = states[:, :1]
        heads = nn.functional.scaled_dot_product_attention(
            split_heads(attention.query(first)),
            split_heads(attention.key(states)),
            split_heads(attention.value(states)),
            attn_mask=None if attention_mask is None else attention_mask[:, :, :1],
            dropout_p=attention.dropout.p if attention.training else 0.0,
        )
        output: torch.Tensor = layer.feed_forward_chunk(layer.attention.output(heads.transpose(1, 2).flatten(2), first))
        return output

    layer.forward = forward
    return model

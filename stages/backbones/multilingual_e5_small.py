"""multilingual-e5-small (Wang et al. 2024, arXiv 2402.05672): 12 layers, 384 wide, 100 languages."""

from pathlib import Path

from stages.backbones.e5_q4 import read_e5_q4


def expand(target: Path, weights: Path, tokenizer: Path) -> None:
    """Write weights and tokenizer to the folder `target` in Hugging Face's form.

    The checkpoint has no pooler, for it was pretrained without one. BERT's classifier wants one: it gets the identity,
    so that nothing but the classifier's last layer starts from random numbers (docs/log.md has the comparison).

    Args:
        target: an empty folder.
        weights: the file that `read_e5_q4` reads.
        tokenizer: a tokenizer.json.
    """
    import torch
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    arguments, arrays = read_e5_q4(weights)
    config = BertConfig(**arguments, architectures=["BertModel"])
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in BertModel(config).state_dict().items()}
    tensors = {name: torch.from_numpy(array.copy()).reshape(shapes[name]) for name, array in arrays.items()}
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

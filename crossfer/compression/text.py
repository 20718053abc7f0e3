"""Models of texts as graphs of ONNX: token ids in, logits out; 8 bits with activations scaled as they come."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from torch import Tensor, nn

from crossfer.artifacts.text_lines import lines
from crossfer.compression import distillation, onnx_export, quantize
from crossfer.config.params import Compute
from crossfer.modalities.text import data as text
from crossfer.modalities.text import model as text_model
from crossfer.modeling.reproducibility import prepare

UNLABELLED = "unlabelled"  # what the texts of a file are counted under


class _Graph(nn.Module):
    """A classifier that takes and gives bare tensors."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Token ids and where they are, (rows, tokens) each, to logits (rows, labels)."""
        logits: Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def make_student(
    model: Path,
    folder: Path,
    rows: Callable[[], Mapping[str, Sequence[NDArray[Any]]]],
    tests: Callable[[], Collection[str]],
    compute: Compute,
    seed: int,
    layers: int | str,
    unlabelled: str,
) -> dict[str, int]:
    """Write a classifier of so many layers to `folder`, if not all are wanted, taught by the one in the folder `model`.

    It is taught on the rows, and on the texts of a file, a text a line, if one is named, but for those that are tested.

    Raises:
        UserError: such a model has no student of so many layers, or the file cannot be read.
    """
    if layers == "all":
        return {}
    teacher, taught = text_model.load(model), text_model.load(model)
    kept = distillation.take_layers(taught, int(layers))
    known = dict(rows())
    if unlabelled != "none":
        known[UNLABELLED] = [*known.get(UNLABELLED, []), *_read(Path(unlabelled), model, tests())]
    device = prepare(compute.device, compute.threads, seed)
    inputs = [values for some in known.values() for values in some]
    distillation.teach(taught.to(device), teacher.to(device), kept, inputs, text_model.collate, seed)
    taught.save_pretrained(folder)
    return {name: len(some) for name, some in known.items() if some}


def _read(path: Path, model: Path, tests: Collection[str]) -> list[NDArray[Any]]:
    """Inputs of a file's texts, cleaned, one a line, but for empty ones, and those with these fingerprints."""
    cleaner, encoder = text.load_cleaner(model), text.load_encoder(model)
    clean = (cleaner.clean(line)[0] for line in lines(path))
    return list(encoder.encode([line for line in clean if text.size(line) and text.fingerprint(line) not in tests]))


def export(model: Path, graph: Path, batch: dict[str, NDArray[Any]]) -> None:
    """Write the classifier in the folder `model` as a graph; rows and tokens are dynamic."""
    onnx_export.export(_Graph(text_model.load(model)).eval(), batch, ("rows", "tokens"), graph)


def quantise(graph: Path, small: Path, batches: Iterable[dict[str, NDArray[Any]]], spared: Collection[str]) -> None:
    """Write the graph in 8 bits; no batch needs to be seen for it."""
    quantize.dynamic(graph, small, spared)

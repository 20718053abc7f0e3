"""Train a student with fewer layers to predict as its teacher, without labels.

The student starts from some of its teacher's layers (Sanh et al. 2019, arXiv 1910.01108). It learns the hidden states
after those layers and the logits of its teacher (Jiao et al. 2020, arXiv 1909.10351). Embeddings stay frozen.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm
from transformers import PreTrainedModel

from crossfer.artifacts import io
from crossfer.artifacts.paths import CONTENT, TEST, TRAIN
from crossfer.artifacts.text_lines import read_lines
from crossfer.compression.graph_runner import inputs_of_split
from crossfer.config.params import Compute
from crossfer.errors import UserError
from crossfer.modeling.freezing import find_layer_list
from crossfer.modeling.reproducibility import set_up_torch
from crossfer.modeling.schedule import linear_schedule
from crossfer.protocols import Collate, Modality, Models

UNLABELLED = "unlabelled"  # counts the texts of the file, next to the names of domains
ARCHITECTURES = ("bert", "roberta", "xlm-roberta", "camembert")  # all layers of each have the same structure
EPOCHS, BATCH_SIZE = 3, 16
LEARNING_RATE, WARMUP_RATIO, WEIGHT_DECAY, MAX_GRAD_NORM = 5e-4, 0.1, 0.01, 1.0
TEMPERATURE = 2.0  # of the logits


def write_student(
    teacher_dir: Path,
    student_dir: Path,
    tables: Mapping[str, Path],
    modality: Modality,
    models: Models,
    compute: Compute,
    seed: int,
    student_layers: int,
    unlabelled_texts: str,
) -> dict[str, int]:
    """Train a student on the training rows of all domains, and write it to a folder.

    `unlabelled_texts` is the path of a file with further training texts, or `none`. Lines that equal a test row are
    skipped.

    Returns:
        The number of rows from each domain; from the file under UNLABELLED.

    Raises:
        UserError: the model supports no student of that number of layers, or the file cannot be read.
    """
    teacher, student = models.load(teacher_dir), models.load(teacher_dir)
    teacher_layers = keep_layers(student, student_layers)
    inputs = {domain: list(chain.from_iterable(inputs_of_split(table, TRAIN))) for domain, table in tables.items()}
    if unlabelled_texts != "none":
        texts = list(_texts_without_tests(Path(unlabelled_texts), modality, teacher_dir, tables))
        inputs[UNLABELLED] = [*inputs.get(UNLABELLED, []), *modality.load_encoder(teacher_dir).encode(texts)]
    device = set_up_torch(compute.device, compute.threads, seed)
    all_inputs = list(chain.from_iterable(inputs.values()))
    train_student(student.to(device), teacher.to(device), teacher_layers, all_inputs, models.collate, seed)
    student.save_pretrained(student_dir)
    return {name: len(rows) for name, rows in inputs.items() if rows}


def _texts_without_tests(file: Path, modality: Modality, model_dir: Path, tables: Mapping[str, Path]) -> Iterator[str]:
    """Yield the clean lines of a file, without empty lines and copies of test rows."""
    tests = {
        modality.fingerprint(content)
        for table in tables.values()
        for rows in io.read_split(table, TEST, [CONTENT])
        for content in rows[CONTENT]
    }
    cleaner = modality.load_cleaner(model_dir)
    for line in read_lines(file):
        text, _ = cleaner.clean(line)
        if modality.size(text) and modality.fingerprint(text) not in tests:
            yield text


def keep_layers(model: PreTrainedModel, n_layers: int) -> list[int]:
    """Keep evenly spaced layers of a classifier, including the last one, in place.

    Returns:
        Indices of the remaining layers.

    Raises:
        UserError: the model has no more layers than that, or its architecture is not supported.
    """
    if model.config.model_type not in ARCHITECTURES:
        raise UserError(
            f"compress.student_layers is {n_layers}, but distillation supports only models of type"
            f" {', '.join(ARCHITECTURES)}, not {model.config.model_type}; set it to all."
        )
    parent, name = find_layer_list(model)
    layers = getattr(parent, name)
    if n_layers >= len(layers):
        raise UserError(
            f"compress.student_layers is {n_layers}, the model has {len(layers)} layers; lower it, or set it to all."
        )
    indices = [round((number + 1) * len(layers) / n_layers) - 1 for number in range(n_layers)]
    setattr(parent, name, nn.ModuleList(layers[index] for index in indices))
    model.config.num_hidden_layers = n_layers
    return indices


def train_student(
    student: PreTrainedModel,
    teacher: PreTrainedModel,
    teacher_layers: Sequence[int],
    inputs: Sequence[NDArray[Any]],
    collate: Collate,
    seed: int,
) -> None:
    """Train a student, in place, to return its teacher's hidden states and logits.

    `teacher_layers` has the teacher's index of each of the student's layers; the seed orders the batches.
    """
    generator = np.random.default_rng(seed)
    batches = _batches(inputs, generator)
    student.base_model.get_input_embeddings().requires_grad_(False)
    trained_parameters = [parameter for parameter in student.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained_parameters, LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)
    schedule = linear_schedule(optimizer, EPOCHS * len(batches), WARMUP_RATIO)
    student.eval()  # no dropout: the teacher has none
    with tqdm(total=EPOCHS * len(batches), desc="student", unit="step", disable=None) as bar:
        for _ in range(EPOCHS):
            generator.shuffle(batches)
            for rows in batches:
                batch = collate(student, [inputs[row] for row in rows])
                batch = {name: tensor.to(student.device) for name, tensor in batch.items()}
                loss = _loss(student, teacher, teacher_layers, batch)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(trained_parameters, MAX_GRAD_NORM)
                optimizer.step()
                schedule.step()
                bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
                bar.update()


def _loss(
    student: PreTrainedModel, teacher: PreTrainedModel, teacher_layers: Sequence[int], batch: dict[str, Tensor]
) -> Tensor:
    """Return the distillation loss of a batch.

    It is the mean relative squared error of the hidden states plus the divergence of the logits.
    """
    with torch.no_grad():
        teacher_output = teacher(**batch, output_hidden_states=True)
    student_output = student(**batch, output_hidden_states=True)
    mask = batch["attention_mask"].bool()
    errors = []
    for student_layer, teacher_layer in enumerate(teacher_layers):
        target = teacher_output.hidden_states[teacher_layer + 1]
        state = student_output.hidden_states[student_layer + 1]
        tokens = mask[:, : target.shape[1]]  # the last layer may compute the first token only
        errors.append(nn.functional.mse_loss(state[tokens], target[tokens]) / target[tokens].square().mean())
    divergence = nn.functional.kl_div(
        nn.functional.log_softmax(student_output.logits / TEMPERATURE, -1),
        nn.functional.log_softmax(teacher_output.logits / TEMPERATURE, -1),
        reduction="batchmean",
        log_target=True,
    )
    return torch.stack(errors).mean() + TEMPERATURE**2 * divergence


def _batches(inputs: Sequence[NDArray[Any]], generator: np.random.Generator) -> list[list[int]]:
    """Return row numbers in batches of rows of similar length.

    Rows of the same length are in random order.
    """
    tie = generator.random(len(inputs))
    order = sorted(range(len(inputs)), key=lambda row: (len(inputs[row]), tie[row]))
    return [order[start : start + BATCH_SIZE] for start in range(0, len(order), BATCH_SIZE)]

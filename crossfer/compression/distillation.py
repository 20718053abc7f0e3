"""Distillation: train a student with fewer layers to predict as its teacher. No label is read.

The student starts from some of its teacher's layers (Sanh et al. 2019, arXiv 1910.01108). It learns the hidden states
that the teacher has after those layers, and its logits (Jiao et al. 2020, arXiv 1909.10351). Embeddings stay frozen.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm
from transformers import PreTrainedModel

from crossfer.artifacts import io
from crossfer.artifacts.paths import CONTENT, INPUT, TEST, TRAIN
from crossfer.artifacts.text_lines import read_lines
from crossfer.config.params import Compute
from crossfer.errors import UserError
from crossfer.modeling.freezing import find_layer_list
from crossfer.modeling.reproducibility import set_up_torch
from crossfer.modeling.schedule import linear_schedule
from crossfer.protocols import Collate, Modality, Models

UNLABELLED = "unlabelled"  # the name under which texts of the file are counted
ARCHITECTURES = ("bert", "roberta", "xlm-roberta", "camembert")  # whose layers are built alike
EPOCHS, BATCH_SIZE = 3, 16
LEARNING_RATE, WARMUP_RATIO, WEIGHT_DECAY, MAX_GRAD_NORM = 5e-4, 0.1, 0.01, 1.0
TEMPERATURE = 2.0  # of the logits


def require_file(path: Path) -> Path:
    """Return the path of a file that params.yaml names.

    Raises:
        UserError: there is no such file, or it may not be read.
    """
    if not path.is_file() or not os.access(path, os.R_OK):
        raise UserError(f"{path} is missing or cannot be read; fix the path in params.yaml's compress.")
    return path


def write_student(
    teacher: Path,
    student: Path,
    tables: Mapping[str, Path],
    modality: Modality,
    models: Models,
    compute: Compute,
    seed: int,
    student_layers: int,
    unlabelled_texts: str,
) -> dict[str, int]:
    """Write a student to its folder, trained on the training rows of all domains and on the lines of a file.

    Args:
        teacher: folder of the classifier.
        student: folder to write.
        tables: the table of each domain, by name.
        modality: cleans and encodes the lines.
        models: of the modality.
        compute: device and threads.
        seed: of the training.
        student_layers: how many the student has.
        unlabelled_texts: the file's path, or `none`. Lines that equal a test row's content are left out.

    Returns:
        How many rows it was trained on, by domain; the file's under UNLABELLED.

    Raises:
        UserError: the model has no student of so many layers, or the file cannot be read.
    """
    whole, network = models.load(teacher), models.load(teacher)
    kept = take_layers(network, student_layers)
    inputs = {
        name: [values for rows in io.read_split(table, TRAIN, [INPUT]) for values in rows[INPUT]]
        for name, table in tables.items()
    }
    if unlabelled_texts != "none":
        texts = list(_unseen_lines(Path(unlabelled_texts), modality, teacher, tables))
        inputs[UNLABELLED] = [*inputs.get(UNLABELLED, []), *modality.load_encoder(teacher).encode(texts)]
    device = set_up_torch(compute.device, compute.threads, seed)
    together = [values for rows in inputs.values() for values in rows]
    train(network.to(device), whole.to(device), kept, together, models.collate, seed)
    network.save_pretrained(student)
    return {name: len(rows) for name, rows in inputs.items() if rows}


def _unseen_lines(path: Path, modality: Modality, model: Path, tables: Mapping[str, Path]) -> Iterator[str]:
    """Yield a file's lines, cleaned, without empty ones and those that equal a test row's content."""
    tests = {
        modality.fingerprint(content)
        for table in tables.values()
        for rows in io.read_split(table, TEST, [CONTENT])
        for content in rows[CONTENT]
    }
    cleaner = modality.load_cleaner(model)
    for line in read_lines(path):
        clean, _ = cleaner.clean(line)
        if modality.size(clean) and modality.fingerprint(clean) not in tests:
            yield clean


def take_layers(model: PreTrainedModel, number: int) -> list[int]:
    """Remove layers from the classifier, in place: so many remain, evenly spaced, the topmost among them.

    Returns:
        Numbers of the remaining layers, from 0.

    Raises:
        UserError: the model has no more layers than that, or its layers are not built alike.
    """
    if model.config.model_type not in ARCHITECTURES:
        raise UserError(
            f"compress.student_layers is {number}, but distillation supports only models of type"
            f" {', '.join(ARCHITECTURES)}, not {model.config.model_type}; set it to all."
        )
    parent, name = find_layer_list(model)
    stack = getattr(parent, name)
    if number >= len(stack):
        raise UserError(
            f"compress.student_layers is {number}, the model has {len(stack)} layers; lower it, or set it to all."
        )
    kept = [round((place + 1) * len(stack) / number) - 1 for place in range(number)]
    setattr(parent, name, nn.ModuleList(stack[place] for place in kept))
    model.config.num_hidden_layers = number
    return kept


def train(
    student: PreTrainedModel,
    teacher: PreTrainedModel,
    kept: Sequence[int],
    inputs: Sequence[NDArray[Any]],
    collate: Collate,
    seed: int,
) -> None:
    """Train the student, in place, to give the teacher's hidden states and logits.

    Args:
        student: what `take_layers` left of a copy of the teacher.
        teacher: a classifier.
        kept: the teacher's layers that the student has.
        inputs: one per row.
        collate: stacks inputs to a batch.
        seed: of the order of batches.
    """
    generator = np.random.default_rng(seed)
    batches = _batches(inputs, generator)
    student.base_model.get_input_embeddings().requires_grad_(False)
    trained = [parameter for parameter in student.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)
    steps = EPOCHS * len(batches)
    schedule = linear_schedule(optimizer, steps, WARMUP_RATIO)
    student.eval()  # no dropout: the teacher has none
    with tqdm(total=steps, desc="student", unit="step", disable=None) as bar:
        for _ in range(EPOCHS):
            generator.shuffle(batches)
            for rows in batches:
                batch = collate(student, [inputs[row] for row in rows])
                loss = _loss(student, teacher, kept, {name: value.to(student.device) for name, value in batch.items()})
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(trained, MAX_GRAD_NORM)
                optimizer.step()
                schedule.step()
                bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
                bar.update()


def _loss(student: PreTrainedModel, teacher: PreTrainedModel, kept: Sequence[int], batch: dict[str, Tensor]) -> Tensor:
    """Return the relative squared error of the hidden states, plus the divergence of the logits."""
    with torch.no_grad():
        expected = teacher(**batch, output_hidden_states=True)
    actual = student(**batch, output_hidden_states=True)
    mask = batch["attention_mask"].bool()
    states = []
    for number, place in enumerate(kept):
        target, state = expected.hidden_states[place + 1], actual.hidden_states[number + 1]
        present = mask[:, : target.shape[1]]  # the topmost layer may compute the first token only
        states.append(nn.functional.mse_loss(state[present], target[present]) / target[present].square().mean())
    divergence = nn.functional.kl_div(
        nn.functional.log_softmax(actual.logits / TEMPERATURE, -1),
        nn.functional.log_softmax(expected.logits / TEMPERATURE, -1),
        reduction="batchmean",
        log_target=True,
    )
    return torch.stack(states).mean() + TEMPERATURE**2 * divergence


def _batches(inputs: Sequence[NDArray[Any]], generator: np.random.Generator) -> list[list[int]]:
    """Return row numbers in batches of similar length, so that little is padded."""
    tie = generator.random(len(inputs))
    order = sorted(range(len(inputs)), key=lambda row: (len(inputs[row]), tie[row]))
    return [order[start : start + BATCH_SIZE] for start in range(0, len(order), BATCH_SIZE)]

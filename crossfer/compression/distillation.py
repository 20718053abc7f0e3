"""A student: a classifier with fewer layers that learns to answer as its teacher does. No label is read.

It begins as some of its teacher's layers (Sanh et al. 2019, arXiv 1910.01108), and learns the states that the teacher
has after those layers, and its logits (Jiao et al. 2020, arXiv 1909.10351). The table of words stays as it is.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm
from transformers import PreTrainedModel, get_linear_schedule_with_warmup

from crossfer.errors import UserError
from crossfer.modeling.freezing import layer_list
from crossfer.protocols import Collate

INDEPENDENT = ("bert", "roberta", "xlm-roberta", "camembert")  # architectures whose layers are built alike
EPOCHS, BATCH_SIZE = 3, 16
RATE, WARMUP, WEIGHT_DECAY, LONGEST_GRADIENT = 5e-4, 0.1, 0.01, 1.0
TEMPERATURE = 2.0  # of the logits that are learned


def take_layers(model: PreTrainedModel, number: int) -> list[int]:
    """Leave the classifier, in place, no more than that many of its layers, evenly spread, the topmost among them.

    Returns:
        Which, from 0 on.

    Raises:
        UserError: it has no more layers than that, or its layers are not built alike.
    """
    if model.config.model_type not in INDEPENDENT:
        raise UserError(
            f"compress.layers is {number}; a student can be made of models of type {', '.join(INDEPENDENT)}, and this"
            f" one is of type {model.config.model_type}; set it to all."
        )
    parent, name = layer_list(model)
    stack = getattr(parent, name)
    if number >= len(stack):
        raise UserError(f"compress.layers is {number}, the model has {len(stack)} layers; lower it, or set it to all.")
    kept = [round((place + 1) * len(stack) / number) - 1 for place in range(number)]
    setattr(parent, name, nn.ModuleList(stack[place] for place in kept))
    model.config.num_hidden_layers = number
    return kept


def teach(
    student: PreTrainedModel,
    teacher: PreTrainedModel,
    kept: Sequence[int],
    inputs: Sequence[NDArray[Any]],
    collate: Collate,
    seed: int,
) -> None:
    """Train the student, in place, to have the teacher's states and logits of the inputs.

    Args:
        student: what `take_layers` has left of a model like the teacher.
        teacher: a classifier.
        kept: which of the teacher's layers the student has.
        inputs: one a row; in batches of similar length.
        collate: stacks inputs to a batch.
        seed: of the batches' order.
    """
    generator = np.random.default_rng(seed)
    batches = _batches(inputs, generator)
    student.base_model.get_input_embeddings().requires_grad_(False)
    trained = [parameter for parameter in student.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, RATE, weight_decay=WEIGHT_DECAY, fused=True)
    steps = EPOCHS * len(batches)
    schedule = get_linear_schedule_with_warmup(optimizer, round(WARMUP * steps), steps)
    student.eval()  # no dropout: the teacher has none
    with tqdm(total=steps, desc="student", unit="step", disable=None) as bar:
        for _ in range(EPOCHS):
            generator.shuffle(batches)
            for rows in batches:
                batch = collate(student, [inputs[row] for row in rows])
                loss = _loss(student, teacher, kept, {name: value.to(student.device) for name, value in batch.items()})
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(trained, LONGEST_GRADIENT)
                optimizer.step()
                schedule.step()
                bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
                bar.update()


def _loss(student: PreTrainedModel, teacher: PreTrainedModel, kept: Sequence[int], batch: dict[str, Tensor]) -> Tensor:
    """How far the student is from its teacher: of the states their mean squared distance, in units of their square."""
    with torch.no_grad():
        wanted = teacher(**batch, output_hidden_states=True)
    found = student(**batch, output_hidden_states=True)
    there = batch["attention_mask"].bool()
    states = []
    for number, place in enumerate(kept):
        want, find = wanted.hidden_states[place + 1], found.hidden_states[number + 1]
        known = there[:, : want.shape[1]]  # the topmost layer may give no more than the first token's
        states.append(nn.functional.mse_loss(find[known], want[known]) / want[known].square().mean())
    answers = nn.functional.kl_div(
        nn.functional.log_softmax(found.logits / TEMPERATURE, -1),
        nn.functional.log_softmax(wanted.logits / TEMPERATURE, -1),
        reduction="batchmean",
        log_target=True,
    )
    return torch.stack(states).mean() + TEMPERATURE**2 * answers


def _batches(inputs: Sequence[NDArray[Any]], generator: np.random.Generator) -> list[list[int]]:
    """Numbers of rows, BATCH_SIZE at a time, those of similar length together, so that next to nothing is padded."""
    tie = generator.random(len(inputs))
    order = sorted(range(len(inputs)), key=lambda row: (len(inputs[row]), tie[row]))
    return [order[start : start + BATCH_SIZE] for start in range(0, len(order), BATCH_SIZE)]

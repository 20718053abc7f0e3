"""The steps of a training, and the line that describes them."""

import pytest
from test_training import OPTIONS

from crossfer.training.step_plan import StepPlan


@pytest.mark.parametrize(
    ("rows", "changes", "description"),
    [
        (701, {"epochs": 5, "batch_size": 16}, "220 steps of 16 rows (5 epochs)"),
        (16, {"epochs": 1, "batch_size": 16}, "1 step of 16 rows (1 epoch)"),
        (
            10,
            {"epochs": 5, "min_steps": 12},
            "20 steps of 8 rows (10 epochs instead of 5, because finetune.min_steps is 12)",
        ),
        (1, {"epochs": 2, "min_steps": 0}, "2 steps of 1 row (2 epochs)"),
        (64, {"epochs": 250, "averaged_seeds": 3}, "3 times 2000 steps of 8 rows (250 epochs)"),
    ],
)
def test_the_description_names_the_steps_and_why_epochs_repeat(rows, changes, description):
    assert StepPlan(rows, OPTIONS.model_copy(update=changes)).describe() == description


def test_all_steps_count_each_averaged_training():
    plan = StepPlan(17, OPTIONS.model_copy(update={"epochs": 2, "min_steps": 7, "averaged_seeds": 2}))
    assert (plan.drops_last_row, plan.epoch_steps, plan.repeats) == (True, 2, 2)
    assert (plan.steps, plan.all_steps) == (8, 16)

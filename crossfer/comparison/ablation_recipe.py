"""What a ladder was climbed with: parameters and settings, without which its rows say nothing of the task as it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from crossfer.config.params import Task
from crossfer.flatten import flatten

DECIDING = {"source", "backbone", "preprocess", "tokenize", "finetune"}
OF_A_ROW = {"finetune.train_fraction", "finetune.seed"}  # what every row says by itself
OF_THE_MACHINE = {"finetune.processes"}  # as compute's, which change last bits


def recipe(name: str, task: Task, settings: Sequence[str]) -> dict[str, Any]:
    """The parameters of a task that decide what its ladder's rows hold, by dotted name.

    Args:
        name: of the task.
        task: its block.
        settings: `key.key=value` of params.yaml that were changed for the whole ladder; those parameters are left out.
    """
    changed = {setting.partition("=")[0] for setting in settings}
    parameters = flatten(task.model_dump(mode="json", include=DECIDING, exclude_none=True))
    return {
        key: value
        for key, value in parameters.items()
        if key not in OF_A_ROW | OF_THE_MACHINE and f"tasks.{name}.{key}" not in changed
    }


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The names of parameters that differ between two recipes, as `finetune.epochs (2, now 3)`."""
    missing = "nothing"
    names = [*before, *(name for name in now if name not in before)]
    pairs = [(name, before.get(name, missing), now.get(name, missing)) for name in names]
    return [f"{name} ({was}, now {is_})" for name, was, is_ in pairs if was != is_]

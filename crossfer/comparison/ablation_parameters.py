"""Compare the parameters that decide an ablation's results.

If they changed, its rows no longer describe the task.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from crossfer.config.params import Task
from crossfer.flatten import flatten

BLOCKS = {"source", "backbone", "preprocess", "tokenize", "finetune"}
# Rows state their fraction and seed; the number of processes only changes last bits.
EXCLUDED = {"finetune.train_fraction", "finetune.seed", "finetune.processes"}


def deciding_parameters(name: str, task: Task, settings: Sequence[str]) -> dict[str, Any]:
    """Return the parameters that decide a task's ablation results, by dotted name.

    Args:
        name: of the task.
        task: its block of params.yaml.
        settings: `key.key=value` of params.yaml, changed for all experiments; these parameters are left out.
    """
    excluded = EXCLUDED | {setting.partition("=")[0].removeprefix(f"tasks.{name}.") for setting in settings}
    parameters = flatten(task.model_dump(mode="json", include=BLOCKS, exclude_none=True))
    return {key: value for key, value in parameters.items() if key not in excluded}


def parameter_differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return the parameters that differ, as `finetune.epochs (2, now 3)`."""
    names = dict.fromkeys([*before, *now])
    pairs = [(name, before.get(name, "nothing"), now.get(name, "nothing")) for name in names]
    return [f"{name} ({old}, now {new})" for name, old, new in pairs if old != new]

"""Register a task's best compressed model with the alias `champion`.

Its address is `models:/crossfer-<task>@champion`. The best model has the highest int8 accuracy in the source; of equal
ones the newest. Target labels choose no model, because the accuracy of the chosen one on them would be too optimistic.

Reads:  the compress runs in the tracking store
"""

from crossfer.config.params import load_task
from crossfer.entrypoint import print_progress
from crossfer.reporting.formatting import percent
from crossfer.tracking import registry

PROMOTION_METRIC = "source_accuracy_int8"


def run(task_name: str) -> None:
    """Make the best compressed model of a task its champion."""
    load_task(task_name)
    name, version, accuracy = registry.promote(task_name, PROMOTION_METRIC)
    line = f"version {version} of {name} is the champion; source accuracy {percent(accuracy)}"
    print_progress("promote", task_name, line)
    example = f"crossfer predict {task_name} --model models:/{name}@{registry.CHAMPION} ..."
    print_progress("promote", task_name, f"use it with: {example}")

"""Give the best small model of a task the alias `champion` in MLflow's registry: `models:/crossfer-<task>@champion`.

Not a stage. The best is the one whose compress.json, which every run of compress has logged, shows the highest accuracy
in 8 bits in the source; of equals the newest. A target's labels choose nothing here either: its score would else be the
best of many, and no longer one of rows that nobody has looked at. What is served under the alias changes when this is
run, and not otherwise.

Reads:  the runs of compress in the tracking store
"""

from crossfer.config.params import load_task
from crossfer.entrypoint import print_progress
from crossfer.reporting.formatting import percent
from crossfer.tracking import registry

MEASURE = "source_accuracy_int8"


def run(task_name: str) -> None:
    """Give the best small model of a task the alias `champion`."""
    load_task(task_name)  # a sentence, if there is no such task
    name, version, score = registry.promote(task_name, MEASURE)
    print_progress(
        "promote", task_name, f"version {version} of {name} is the champion, with {percent(score)} in the source"
    )
    print_progress("promote", task_name, f"crossfer predict {task_name} --model models:/{name}@{registry.CHAMPION} ...")

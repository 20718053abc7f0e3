"""Check params.yaml and the data of its tasks before anything is trained.

Reads:  params.yaml, the data, the backbones
"""

import math
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from crossfer.artifacts.paths import SPLIT, TEST, TRAIN, VALIDATION
from crossfer.commands import own_data
from crossfer.commands.row_counts import describe_counts, describe_label_counts
from crossfer.commands.terminal_table import layout_table
from crossfer.config import cpu
from crossfer.config.experiments import check_own_blocks
from crossfer.config.params import PARAMS, Params, Task, TextTask, load_params
from crossfer.errors import ErrorList, UserError, shorten
from crossfer.reporting.formatting import count_with_noun, percent
from crossfer.sources.labels import describe_leaving_out

if TYPE_CHECKING:
    from crossfer.commands.check_task import DomainCheck, TaskCheck

OWN_DATA = ("folder", "table", "hub")  # providers; the data of others are installed or in git, and tested
SPLITS = (TRAIN, VALIDATION, TEST)
HEADER = ("domain", "language", "rows", "labels", "unknown labels", "dropped", *SPLITS, "truncated")


def run(names: Sequence[str]) -> None:
    """Check params.yaml and the data of tasks; by default of those with own data.

    Raises:
        UserError: there are errors; the message lists them.
    """
    params = load_params()
    tasks = ", ".join(params.tasks)
    print(f"{PARAMS} is valid: {count_with_noun(len(params.tasks), 'task', 'tasks')} ({tasks}).", flush=True)
    own_data.check_restored(params.tasks)
    if unknown := [name for name in names if name not in params.tasks]:
        raise UserError(f"task {shorten(unknown[0])} is not in {PARAMS}; choose one of {tasks}.")
    selected = names or [name for name, task in params.tasks.items() if _reads_own_data(task)]
    errors = ErrorList()
    for name in selected:
        _warn(name, params)
        for mistake in _check_task(name, params):
            errors.add(mistake)
    errors.check()


def _warn(name: str, params: Params) -> None:
    """Print the problems of a task that the pipeline does not stop at."""
    try:
        own_data.check_versions({name: params.tasks[name]})
    except UserError as problem:
        print(f"warning: {problem}", file=sys.stderr)
    names = list(params.tasks)
    try:
        check_own_blocks(PARAMS, name, names[: names.index(name)])
    except UserError as problem:
        print(f"warning: {problem}", file=sys.stderr)


def _reads_own_data(task: Task) -> bool:
    return any(block.provider in OWN_DATA for block in task.domains)


def _check_task(name: str, params: Params) -> list[UserError]:
    """Print the table of a task, and return its errors."""
    # Both before libraries that compute are imported.
    cpu.limit_instruction_set(params.compute.instructions)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads must not add to the measured seconds
    from crossfer.commands.check_task import check_data

    task = params.tasks[name]
    check = check_data(name, task, params.compute)
    print(f"\n{name}, {task.modality}:")
    print(layout_table(HEADER, [_table_row(entry) for entry in check.domains]))
    for note in _describe_problems(task, check):
        print(note)
    if check.training_seconds is not None:
        estimate = _round_up(check.training_seconds)
        print(f"Training takes about {estimate}: an estimate from a few steps on this machine, for this stage only.")
    return check.errors


def _table_row(entry: "DomainCheck") -> list[str]:
    """Return the cells of HEADER for a domain."""
    names = [entry.domain.name, entry.domain.language or ""]
    if not entry.is_read:
        return [*names, "not read", *[""] * (len(HEADER) - 3)]
    splits = Counter(entry.rows[SPLIT] if len(entry.rows) else ())
    dropped = Counter({reason: len(ids) for reason, ids in entry.account.dropped.items()})
    return [
        *names,
        f"{entry.counts.labels.total():,}",
        describe_label_counts(entry.counts.labels),
        describe_counts(entry.unknown_labels),
        describe_counts(dropped) or "none",
        *(f"{splits[split]:,}" if splits[split] else "" for split in SPLITS),
        "" if entry.truncated is None else percent(entry.truncated),
    ]


def _describe_problems(task: Task, check: "TaskCheck") -> Iterator[str]:
    """Yield how to treat unknown labels and truncated texts, if there are any."""
    if unknown := sum((entry.unknown_labels for entry in check.domains), Counter[str]()):
        labels = describe_leaving_out(label for label, _ in unknown.most_common())
        yield (
            "Rows with unknown labels, which the source lacks, count as mistakes. To leave them out of a table, write"
            f" {labels} into the target's entry."
        )
    sampled_rows = [entry.encoded for entry in check.domains if entry.encoded < len(entry.rows)]
    if isinstance(task, TextTask) and any(sampled_rows):
        yield f"The fractions of truncated texts are estimates, from at most {max(sampled_rows)} rows per domain."
    if isinstance(task, TextTask) and any(entry.truncated for entry in check.domains):
        yield (
            f"Texts with more than {task.tokenize.max_length} tokens are truncated. To read more of them, raise"
            " tokenize.max_length of the task; training then takes longer."
        )


def _round_up(seconds: float) -> str:
    """Return a duration with the precision of an estimate."""
    if seconds < 90:
        return f"{max(5, 5 * math.ceil(seconds / 5))} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{math.ceil(minutes / 60)} h"

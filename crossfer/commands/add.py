"""Add a task with the user's data to params.yaml.

Reads:  params.yaml, the data
Writes: params.yaml: a block at the end of the tasks; everything else keeps its bytes

The data are read as ingest reads them before anything is written.
"""

import sys
from collections.abc import Sequence
from typing import Any

import typer
from pydantic import TypeAdapter, ValidationError

from crossfer.commands import add_report, params_file, small_data
from crossfer.commands.domain_arguments import describe_domains
from crossfer.commands.encoding_option import check_fallback
from crossfer.commands.task_draft import draft_task
from crossfer.config.fields import TASK_NAME_RULE, TaskName
from crossfer.config.params import PARAMS, load_params
from crossfer.errors import UserError, list_names, shorten
from crossfer.inspection.columns import ColumnSummary
from crossfer.inspection.domain_blocks import Choices, DomainBlock
from crossfer.inspection.parallel_targets import mark_parallel
from crossfer.inspection.roles import describe_values
from crossfer.sources.reading import expand_domains

YAML_VALUES = ("null", "true", "false")  # that a task's name would become


def run(
    task: str,
    source: str,
    targets: Sequence[str],
    *,
    text: Sequence[str] = (),
    label: str | None = None,
    languages: Sequence[str] = (),
    fallback: str | None = None,
) -> None:
    """Inspect the data of a source and its targets, and add a task for them.

    Args:
        task: name of the new task.
        source: `<path>` or `<domain>=<path>`; without a name, the domain has the file's.
        targets: the same; `{language}` in the path stands for the names of several domains.
        text: columns of the text; empty to detect them.
        label: column of the label; None to detect it.
        languages: `<domain>=<language>`, for domains that are not named after their language.
        fallback: encoding of files that are not UTF-8; None to detect it.
    """
    _check_task_name(task)
    if fallback is not None:
        check_fallback(fallback)
    if not targets:
        raise UserError(
            "a task needs a target to measure transfer; add --target with the data to test on, or --target "
            '"{language}=FILE" for the other languages of one file.'
        )
    language_of = dict(_split_language(entry) for entry in languages)
    blocks = describe_domains(source, targets, language_of, Choices(_ask_label, text, label, fallback))
    modalities = {block.modality for block in blocks}
    if len(modalities) > 1:
        raise UserError("some domains are texts and others images; add a task for each.")
    (modality,) = modalities
    options = _image_options(blocks)
    draft = draft_task(task, modality, blocks, options)
    domains, notes = expand_domains(draft.task.source, draft.task.targets)
    counts, comparison = add_report.count_rows(domains)
    add_report.print_report(blocks, domains, counts)
    notes += [*(note for block in blocks for note in block.notes), *add_report.note_languages(blocks, domains)]
    training_rows = small_data.count_training_rows(draft.task, counts[0])
    small_options = small_data.choose_options(draft.task, training_rows)
    blocks = mark_parallel(blocks, domains, comparison.items.find_test_items())
    draft = draft_task(task, modality, blocks, options | small_options, small_data.COMMENT if small_options else ())
    if parallel := [block.keys["domain"] for block in blocks if "parallel" in block.keys]:
        notes.append(
            f"{list_names(parallel)}: ids and labels are those of the source's test rows, so `parallel: true` is added"
        )
        domains, _ = expand_domains(draft.task.source, draft.task.targets)
        counts, comparison = add_report.count_rows(domains)
    notes += comparison.describe_items()
    if small_options:
        notes.append(f"about {training_rows:,} training rows: {small_data.REPORT}")
    add_report.print_notes(notes)
    add_report.check_labels(domains, counts)
    params_file.replace_bytes(PARAMS, draft.content)
    print(f"\nAdded to {PARAMS}:\n\n{draft.lines}\nNext: crossfer check {task}, then make repro.")


def _check_task_name(task: str) -> None:
    tasks = load_params().tasks
    if task in tasks:
        raise UserError(f"task {task} is in {PARAMS} already; choose another name, or edit its block.")
    try:
        TypeAdapter(TaskName).validate_python(task)
    except ValidationError:
        raise UserError(f"the task's name {shorten(task)} is not {TASK_NAME_RULE}; choose another one.") from None
    if task in YAML_VALUES:
        raise UserError(f"the task's name {task} is a value of YAML, not a text; choose another one.")


def _split_language(entry: str) -> tuple[str, str]:
    name, _, language = entry.partition("=")
    if not name or not language:
        raise UserError(f"--language {entry} does not say which domain it is for; write --language DOMAIN={entry}.")
    return name, language


def _ask_label(place: str, candidates: Sequence[ColumnSummary]) -> str:
    """Ask for the column of the label; without a terminal, raise a `UserError`."""
    descriptions = [f"  {column.name}: {describe_values(column)}" for column in candidates]
    problem = f"{place} has {len(candidates)} columns that could be the label:\n" + "\n".join(descriptions)
    if not sys.stdin.isatty():
        raise UserError(f"{problem}\nChoose one, and name it with --label (and the column of the text with --text).")
    print(problem)
    names = [column.name for column in candidates]
    while (answer := typer.prompt("Column of the label")) not in names:
        print(f"Choose one of {', '.join(names)}.")
    return str(answer)


def _image_options(blocks: Sequence[DomainBlock]) -> dict[str, dict[str, Any]]:
    """Return the options that photographs need, by block; empty for other contents."""
    sizes = [block.image_size for block in blocks if block.image_size is not None]
    if not sizes:
        return {}
    return {"preprocess": {"framing": "none", "size": max(sizes)}, "tokenize": {"size": max(sizes)}}

"""Add a task with the user's data to params.yaml.

Reads:  params.yaml, the data
Writes: params.yaml: a block at the end of the tasks; everything else keeps its bytes

The data are read as ingest reads them before anything is written.
"""

import re
import sys
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import typer
from pydantic import TypeAdapter, ValidationError

from crossfer.commands import add_report, params_file, small_data
from crossfer.commands.encoding_option import check_fallback
from crossfer.commands.task_draft import draft_task
from crossfer.config.fields import PLACEHOLDER, TASK_NAME_RULE, TaskName
from crossfer.config.params import PARAMS, load_params
from crossfer.errors import UserError, shorten
from crossfer.inspection.columns import ColumnSummary
from crossfer.inspection.domain_blocks import Choices, DomainBlock, describe_domain
from crossfer.inspection.locations import Location, Tables, locate, locate_pattern
from crossfer.inspection.names import domain_name, to_name
from crossfer.inspection.parallel_targets import mark_parallel
from crossfer.inspection.roles import describe_values
from crossfer.inspection.row_filters import list_values
from crossfer.inspection.tables import inspect_tables
from crossfer.sources.reading import expand_domains

NAMED = re.compile(r"([^=/]+)=(.*)")
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
    blocks = _describe_domains(source, targets, language_of, Choices(_ask_label, text, label, fallback))
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
            f"{', '.join(parallel)}: ids and labels are those of the source's test rows, so `parallel: true` is added"
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


def _describe_domains(
    source: str, targets: Sequence[str], language_of: dict[str, str], choices: Choices
) -> list[DomainBlock]:
    """Return the blocks of source and targets, which prefer the source's columns."""
    blocks: list[DomainBlock] = []
    location: Location
    matches = [NAMED.fullmatch(argument) for argument in (source, *targets)]
    given_names = {match[1] for match in matches if match}
    for argument, match in zip([source, *targets], matches, strict=True):
        given_name, path = match.groups() if match else (None, argument)
        if blocks and given_name and re.fullmatch(PLACEHOLDER, given_name) and not re.search(PLACEHOLDER, path):
            for name, location, where in _list_value_domains(given_name, path, blocks[0], given_names, choices):
                blocks.append(describe_domain(name, language_of.pop(name, None), location, choices, where))
            continue
        if placeholders := re.findall(PLACEHOLDER, path):
            name, location = given_name or "_".join(dict.fromkeys(placeholders)), locate_pattern(path)
        else:
            location = locate(path)  # checks the path, which may be empty
            name = given_name or domain_name(path)
        block = describe_domain(name, language_of.pop(name, None), location, choices)
        if not blocks and block.roles:
            choices = choices.prefer(block.roles)
        blocks.append(block)
    if language_of:
        names = ", ".join(block.keys["domain"] for block in blocks)
        raise UserError(f"--language names {', '.join(language_of)}, but the domains are {names}; correct the name.")
    _check_files_differ(*blocks)
    return blocks


def _list_value_domains(
    placeholder: str, path: str, source: DomainBlock, given_names: Collection[str], choices: Choices
) -> Iterator[tuple[str, Location, dict[str, str]]]:
    """Yield name, table and `where` of a domain for each value of a column.

    As a pattern does, it leaves out the source's rows and domains that another argument names.
    """
    location = locate(path)
    if not isinstance(location, Tables):
        raise UserError(f"{path} is no table with a column for {placeholder}; write {placeholder} into the path, too.")
    column, values = list_values(path, placeholder, inspect_tables(location.files, choices.fallback, False).columns)
    for value in values:
        where = {column: value}
        is_source = source.keys.get("where") == where and set(source.files) & set(location.files)
        if not (name := to_name(value)):
            raise UserError(f"{path}: {shorten(value)} in column {column} gives no name for its domain; rename it.")
        if name not in given_names and not is_source:
            yield name, location, where


def _check_files_differ(source: DomainBlock, *targets: DomainBlock) -> None:
    """Check that no target reads files of the source; patterns leave them out.

    Raises:
        UserError: a target does.
    """
    for target in targets:
        is_pattern = re.search(PLACEHOLDER, target.keys["domain"])
        common = sorted(set(source.files) & set(target.files))
        rows, source_rows = target.keys.get("where"), source.keys.get("where")
        if is_pattern or not common or (rows and source_rows and rows != source_rows):
            continue
        is_source_mixed = bool(rows and not source_rows)
        fix = "name the source after one of its values, too" if is_source_mixed else "name other data with --target"
        raise UserError(f"domain {target.keys['domain']} reads {common[0]}, which the source reads too; {fix}.")


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

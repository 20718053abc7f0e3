"""Read every domain of a task from its provider, unchanged.

Reads:  the providers that params.yaml names (crossfer/sources)
Writes: data/raw/<task>/<domain>.parquet (id, content, label, and split if the provider has official splits),
        domains.json, and manifest.json: origin, licence, hash, and counts of rows that were left out
Run:    python -m stages.ingest <task>

If the stage fails, the previous folder stays.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.config.domains import ImageDomain, TextDomain
from crossfer.config.params import load_task
from crossfer.config.target_patterns import expand_targets
from crossfer.entrypoint import print_progress, run_stage
from crossfer.errors import ErrorList, UserError
from crossfer.sources.checks import checked_chunks
from crossfer.sources.parallel_items import ParallelItems
from crossfer.sources.registry import SOURCES


def main(task_name: str) -> None:
    """Read every domain of a task from its provider, unchanged."""
    task, _ = load_task(task_name)
    source = task.source.domain
    targets, matches = expand_targets(task.source, task.targets)
    for report in matches:
        print_progress("ingest", task_name, report)
    blocks = [task.source, *targets]
    domains = [io.Domain(block.domain, block.language, block.domain == source, block.shots) for block in blocks]
    manifest, items, errors = {}, ParallelItems(), ErrorList()
    with io.replace_folder(TaskPaths(task_name).raw) as folder:
        for block in blocks:
            try:
                manifest[block.domain] = _read_domain(block, block.domain == source, items, task_name, folder)
            except UserError as error:
                errors.add(error)
        errors.check()
        for block in targets:
            if block.parallel:
                items.check_parallel(block.domain)
            if paired_rows := items.paired_rows[block.domain]:
                print_progress(
                    "ingest", task_name, f"{block.domain}: {paired_rows} rows are items of other domains too"
                )
        io.write_json(folder / paths.MANIFEST_FILE, manifest)
        io.write_domains(folder, domains)


def _read_domain(
    block: TextDomain | ImageDomain, is_source: bool, items: ParallelItems, task_name: str, folder: Path
) -> dict[str, Any]:
    """Write the rows of a domain, and return its entry in manifest.json."""
    dataset = SOURCES[block.reader](**block.options)
    label_counts: Counter[str] = Counter()
    chunks = checked_chunks(block.domain, dataset, label_counts)
    if not dataset.ids_are_row_numbers:
        shares_ids = is_source or block.parallel or dataset.ids_name_items
        chunks = items.name_items(block.domain, chunks, shares_ids)
    io.write_chunks(paths.table_path(folder, block.domain), chunks)
    notes = {note: count for note, count in sorted(dataset.notes.items()) if count}
    if not label_counts:
        counts = f" ({', '.join(f'{note}: {count}' for note, count in notes.items())})" if notes else ""
        raise UserError(f"domain {block.domain} of provider {block.provider} has no rows{counts}; correct its data.")
    details = [*sorted(dataset.formats), *(f"{note}: {count}" for note, count in notes.items())]
    progress = f"{block.domain}: {label_counts.total()} rows from {block.provider}"
    print_progress("ingest", task_name, f"{progress} ({'; '.join(details)})" if details else progress)
    return {
        **({} if block.language is None else {"language": block.language}),
        "provider": block.provider,
        "origin": dataset.origin,
        "licence": dataset.licence,
        "sha256": dataset.sha256,
        "rows": label_counts.total(),
        "labels": dict(sorted(label_counts.items())),
        **({"formats": sorted(dataset.formats)} if dataset.formats else {}),
        "notes": notes,
    }


if __name__ == "__main__":
    run_stage(main)

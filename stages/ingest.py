"""Read every domain of a task from its provider, unchanged.

Reads:  the providers that params.yaml names (crossfer/sources)
Writes: data/raw/<task>/<domain>.parquet (id, content, label, and split if the provider has official splits),
        domains.json, and manifest.json: origin, licence, hash, and counts of rows that were left out
Run:    python -m stages.ingest <task>

If the stage fails, the previous folder stays.
"""

from pathlib import Path
from typing import Any

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.config.domains import ImageDomain, TextDomain
from crossfer.config.params import load_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.errors import ErrorList, UserError
from crossfer.sources.domain_comparison import DomainComparison
from crossfer.sources.labels import describe_labels, describe_leaving_out
from crossfer.sources.notes import describe_notes
from crossfer.sources.reading import DomainCounts, expand_domains, list_domains, open_domain, read_domain


def main(task_name: str) -> None:
    """Read every domain of a task from its provider, unchanged."""
    task, _ = load_task(task_name)
    blocks, matches = expand_domains(task.source, task.targets)
    for report in matches:
        print_progress("ingest", task_name, report)
    manifest, comparison, errors = {}, DomainComparison(task.source.domain), ErrorList()
    with io.replace_folder(TaskPaths(task_name).raw) as folder:
        for block in blocks:
            try:
                manifest[block.domain] = _read_domain(block, comparison, task_name, folder)
            except UserError as error:
                errors.add(error)
        errors.check()
        comparison.check([block.domain for block in blocks if block.parallel])
        for line in comparison.describe_items():
            print_progress("ingest", task_name, line)
        io.write_json(folder / paths.MANIFEST_FILE, manifest)
        io.write_domains(folder, list_domains(blocks))


def _read_domain(
    block: TextDomain | ImageDomain, comparison: DomainComparison, task_name: str, folder: Path
) -> dict[str, Any]:
    """Write the rows of a domain, and return its entry in manifest.json."""
    dataset, counts = open_domain(block), DomainCounts()
    io.write_chunks(paths.table_path(folder, block.domain), read_domain(block, dataset, counts, comparison))
    details = [*sorted(dataset.formats), *filter(None, [describe_notes(counts.notes)])]
    if unknown := comparison.find_unknown_labels(block.domain):
        names = [label for label, _ in unknown.most_common()]
        details.append(f"labels that the source lacks: {unknown.total()} rows ({describe_labels(names)})")
        if "labels" in block.options:
            details.append(f"`{describe_leaving_out(names)}` leaves them out")
    progress = f"{block.domain}: {counts.labels.total()} rows from {block.provider}"
    print_progress("ingest", task_name, f"{progress} ({'; '.join(details)})" if details else progress)
    return {
        **({} if block.language is None else {"language": block.language}),
        "provider": block.provider,
        "origin": dataset.origin,
        "licence": dataset.licence,
        "sha256": dataset.sha256,
        "rows": counts.labels.total(),
        "labels": dict(sorted(counts.labels.items())),
        **({"formats": sorted(dataset.formats)} if dataset.formats else {}),
        "notes": dict(counts.notes),
    }


if __name__ == "__main__":
    run_stage(main)

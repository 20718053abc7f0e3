"""Collect every domain of a task from its provider, unchanged.

Reads:  the providers that params.yaml names for the task (crossfer/sources).
Writes: data/raw/<task>/<domain>.parquet (id, content, label, and split where the provider has official ones);
        domains.json: name, kind and role of each; manifest.json: origin, licence and hash of each, and what was left
        out. The last good folder stays until the new one is complete.
Run:    python -m stages.ingest <task>
"""

from collections import Counter

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import TaskPaths
from crossfer.config.params import load_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.errors import UserError
from crossfer.sources.checks import checked_chunks
from crossfer.sources.registry import SOURCES


def main(task_name: str) -> None:
    """Collect every domain of a task from its provider, unchanged."""
    task, _ = load_task(task_name)
    domains = [
        io.Domain(block.domain, block.kind, block.domain == task.source.domain, block.shots) for block in task.domains
    ]
    manifest = {}
    with io.replace_folder(TaskPaths(task_name).raw) as folder:
        for block in task.domains:
            dataset = SOURCES[block.reader](block.kind, **block.options)
            labels: Counter[str] = Counter()
            io.write_chunks(paths.table(folder, block.domain), checked_chunks(block.domain, dataset, labels))
            notes = {note: count for note, count in sorted(dataset.notes.items()) if count}
            if not labels:
                listed = ", ".join(f"{note}: {count}" for note, count in notes.items())
                left_out = f" ({listed})" if listed else ""
                raise UserError(
                    f"domain {block.domain} of provider {block.provider} has no rows{left_out}; check its data."
                )
            manifest[block.domain] = {
                "kind": block.kind,
                "provider": block.provider,
                "origin": dataset.origin,
                "licence": dataset.licence,
                "sha256": dataset.sha256,
                "rows": labels.total(),
                "labels": dict(sorted(labels.items())),
                "notes": notes,
            }
            print_progress("ingest", task_name, f"{block.domain}: {labels.total()} rows from {block.provider}")
        io.write_json(folder / paths.MANIFEST, manifest)
        io.write_domains(folder, domains)


if __name__ == "__main__":
    run_stage(main)

"""Collect every domain of a task from its provider, unchanged.

Reads:  the providers that params.yaml names for the task (stages/sources).
Writes: data/raw/<task>/<domain>.parquet (id, content, label); domains.json: name, kind and role of
        each; manifest.json: what each is, from where, under which licence, with which hash.
Run:    python -m stages.ingest <task>
"""

from stages.shared import artifacts
from stages.shared.command import run_stage, say
from stages.shared.errors import UserError
from stages.shared.params import load_task
from stages.sources import SOURCES


def main(task_name: str) -> None:
    """Collect every domain of a task from its provider, unchanged."""
    task, _ = load_task(task_name)
    collections = {}
    for block in task.domains:
        options = block.model_dump(exclude={"domain", "kind", "provider"})
        collections[block.domain] = SOURCES[block.provider](block.kind, **options)
    folder = artifacts.new_folder(artifacts.raw(task_name))
    manifest = {}
    for block in task.domains:
        collection = collections[block.domain]
        rows = collection.rows
        if rows.empty:
            raise UserError(f"domain {block.domain} of provider {block.provider} has no rows; check its data.")
        repeated = rows[artifacts.ID][rows[artifacts.ID].duplicated()]
        if len(repeated):
            raise UserError(
                f"domain {block.domain} has {len(repeated)} repeated ids, the first is {repeated.iloc[0]!r};"
                " give each row its own."
            )
        artifacts.write_table(artifacts.table(folder, block.domain), rows)
        manifest[block.domain] = {
            "kind": block.kind,
            "provider": block.provider,
            "origin": collection.origin,
            "licence": collection.licence,
            "sha256": collection.sha256,
            "rows": len(rows),
            "labels": rows[artifacts.LABEL].value_counts().sort_index().to_dict(),
            "notes": collection.notes,
        }
        say("ingest", task_name, f"{block.domain}: {len(rows)} rows from {block.provider}")
    artifacts.write_json(folder / artifacts.MANIFEST, manifest)
    domains = [artifacts.Domain(block.domain, block.kind, block.domain == task.source.domain) for block in task.domains]
    artifacts.write_domains(folder, domains)


if __name__ == "__main__":
    run_stage(main)

"""Collect every domain of a task from its provider, unchanged.

Reads:  the providers that params.yaml names for the task (stages/sources).
Writes: data/raw/<task>/<domain>.parquet (id, content, label, and split where the provider has official ones);
        domains.json: name, kind and role of each; manifest.json: what each is, from where, under which licence, with
        which hash, and what was left out. The last good folder stays until the new one is whole.
Run:    python -m stages.ingest <task>
"""

import reprlib
import unicodedata
from collections import Counter
from collections.abc import Iterator

import pandas as pd

from crossfer.artifacts import io, paths
from crossfer.config.params import load_task
from crossfer.entrypoint import run_stage, say
from crossfer.errors import UserError
from crossfer.sources.base import Collection
from crossfer.sources.registry import SOURCES

LONGEST_LABEL = 200  # characters
CONTROL = "Cc"  # Unicode's category of signs that steer terminals: line ends, tabs, escapes
TURNED_ROUND = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # what follows is shown in another order
UNSEEN = {"Cf", "Zs", "Zl", "Zp"}  # of format signs and spaces


def main(task_name: str) -> None:
    """Collect every domain of a task from its provider, unchanged."""
    task, _ = load_task(task_name)
    domains = [
        io.Domain(block.domain, block.kind, block.domain == task.source.domain, block.shots) for block in task.domains
    ]
    manifest = {}
    with io.replaced_folder(paths.raw(task_name)) as folder:
        for block in task.domains:
            collection = SOURCES[block.reader](block.kind, **block.options)
            labels: Counter[str] = Counter()
            pieces = _counted(block.domain, collection, labels)
            io.write_chunks(paths.table(folder, block.domain), pieces)
            if not labels:
                left_out = _left_out(collection)
                raise UserError(
                    f"domain {block.domain} of provider {block.provider} has no rows{left_out}; check its data."
                )
            manifest[block.domain] = {
                "kind": block.kind,
                "provider": block.provider,
                "origin": collection.origin,
                "licence": collection.licence,
                "sha256": collection.sha256,
                "rows": labels.total(),
                "labels": dict(sorted(labels.items())),
                "notes": {note: count for note, count in sorted(collection.notes.items()) if count},
            }
            say("ingest", task_name, f"{block.domain}: {labels.total()} rows from {block.provider}")
        io.write_json(folder / paths.MANIFEST, manifest)
        io.write_domains(folder, domains)


def _left_out(collection: Collection) -> str:
    """What a collection's notes count, in brackets."""
    counted = [f"{note}: {count}" for note, count in sorted(collection.notes.items()) if count]
    return f" ({', '.join(counted)})" if counted else ""


def _counted(domain: str, collection: Collection, labels: Counter[str]) -> Iterator[pd.DataFrame]:
    """The collection's pieces, mere numbers as ids told apart by the domain; their labels are added to `labels`.

    Raises:
        UserError: an id stands in a domain twice, or a label is no name.
    """
    ids: set[str] = set()
    for piece in collection.pieces:
        if collection.numbered:
            piece[paths.ID] = f"{domain}-" + piece[paths.ID]
        for identity in piece[paths.ID]:
            if identity in ids:
                raise UserError(
                    f"domain {domain} has the id {identity!r} twice; give each row its own, or leave columns.id out."
                )
            ids.add(identity)
        for label in set(piece[paths.LABEL]) - set(labels):
            _check_label(domain, label)
        labels.update(piece[paths.LABEL])
        yield piece


def _check_label(domain: str, label: str) -> None:
    """Check that a label is a name for people: it stands in reports, pictures, tables and on terminals.

    Raises:
        UserError: nothing of it can be seen, it has signs that steer terminals or the order of letters, or too many.
    """
    kinds = {unicodedata.category(sign) for sign in label}
    steered = CONTROL in kinds or TURNED_ROUND & {unicodedata.bidirectional(sign) for sign in label}
    if kinds <= UNSEEN or steered or len(label) > LONGEST_LABEL:
        raise UserError(
            f"domain {domain} has the label {reprlib.repr(label)} of {len(label):,} characters; a label is one line"
            f" that can be seen, of {LONGEST_LABEL} characters at most: give it another name."
        )


if __name__ == "__main__":
    run_stage(main)

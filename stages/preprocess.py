"""Bring every domain's contents to one form, drop what cannot be used, and split the source.

Reads:  data/raw/<task>
Writes: data/clean/<task>/<domain>.parquet (id, content, label, split), domains.json, the cleaner's options if it
        has any, and quality.json, which accounts for every row.
Run:    python -m stages.preprocess <task>

A content is kept once. Targets are gone through before the source, so that a row that stands in both stays with the
target and no target row is ever trained on.
"""

from collections import Counter
from typing import Any

import pandas as pd

from stages.modalities import Cleaner, Modality, load_modality
from stages.shared import artifacts
from stages.shared.artifacts import CONTENT, ID, LABEL, SPLIT, TEST, TRAIN, VALIDATION
from stages.shared.command import run_stage, say
from stages.shared.errors import UserError
from stages.shared.params import load_task
from stages.shared.splits import dealt

ORDER = {TEST: 0, VALIDATION: 1, TRAIN: 2}


def main(task_name: str) -> None:
    """Bring every domain's contents to one form, drop what cannot be used, and split the source."""
    task, _ = load_task(task_name)
    modality = load_modality(task.modality)
    options = task.preprocess
    cleaner = modality.make_cleaner(**options.of_the_modality())
    seen: dict[str, tuple[str, str]] = {}
    tables, quality = {}, {}
    raw = artifacts.raw(task_name)
    domains = artifacts.read_domains(raw)
    for domain in sorted(domains, key=lambda domain: domain.is_source):
        rows = artifacts.read_table(artifacts.table(raw, domain.name))
        kept, account = clean(modality, cleaner, domain.name, rows, options.min_size, seen)
        if (dropped := 1 - len(kept) / len(rows)) > options.max_dropped:
            raise UserError(
                f"domain {domain.name} of task {task_name} loses {dropped:.1%} of its {len(rows)} rows"
                f" ({', '.join(f'{reason}: {len(ids)}' for reason, ids in account['dropped'].items())}), allowed is"
                f" {options.max_dropped:.1%}; mend the data, or raise preprocess.max_dropped in params.yaml."
            )
        _still_there(domain.name, rows, kept)
        kept[SPLIT] = dealt(kept, domain, options.validation, options.test, options.seed)
        account["splits"] = kept[SPLIT].value_counts().sort_index().to_dict()
        tables[domain.name], quality[domain.name] = kept, account
        say("preprocess", task_name, f"{domain.name}: {len(kept)} of {len(rows)} rows kept")
    folder = artifacts.new_folder(artifacts.clean(task_name))
    for name, rows in tables.items():
        artifacts.write_table(artifacts.table(folder, name), rows)
    cleaner.save(folder)
    artifacts.write_json(folder / artifacts.QUALITY, quality)
    artifacts.write_domains(folder, domains)


def clean(
    modality: Modality,
    cleaner: Cleaner,
    domain: str,
    rows: pd.DataFrame,
    min_size: int,
    seen: dict[str, tuple[str, str]],
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Clean a domain's contents and drop the empty, the too small, and all but the first of equal ones.

    Args:
        modality: what the contents are.
        cleaner: brings them to one form.
        domain: the domain's name.
        rows: columns id, content, label, and split where the provider has official ones.
        min_size: a content of a smaller `modality.size` is dropped.
        seen: fingerprint of each content kept so far, in any domain, with its domain and label; added to.

    Returns:
        The rows kept, by official split (test rows first, so that what stands in two splits is not trained on) and id;
        and the account: rows in and out, ids dropped by reason, how many were changed and how.

    Raises:
        UserError: a content cannot be read; the message names the row.
    """
    kept: list[tuple[str, Any, str, str | None]] = []
    dropped: dict[str, list[str]] = {}
    changed: Counter[str] = Counter()
    official = rows[SPLIT] if SPLIT in rows else pd.Series(None, index=rows.index, dtype=object)
    ordered = rows.assign(**{SPLIT: official, "order": official.map(ORDER)}).sort_values(["order", ID], kind="stable")
    for row in ordered.itertuples(index=False):
        identity, label = getattr(row, ID), getattr(row, LABEL)
        try:
            content, changes = cleaner.clean(getattr(row, CONTENT))
        except UserError as error:
            raise UserError(f"row {identity} of domain {domain}: {error}") from None
        fingerprint = modality.fingerprint(content)
        earlier = seen.get(fingerprint)
        if modality.size(content) == 0:
            dropped.setdefault("empty", []).append(identity)
        elif modality.size(content) < min_size:
            dropped.setdefault("too_small", []).append(identity)
        elif earlier is None:
            seen[fingerprint] = (domain, label)
            kept.append((identity, content, label, getattr(row, SPLIT)))
            changed.update(changes)
        elif earlier[0] != domain:
            dropped.setdefault(f"duplicate_in_{earlier[0]}", []).append(identity)
        else:
            reason = "duplicate" if earlier[1] == label else "duplicate_with_another_label"
            dropped.setdefault(reason, []).append(identity)
    frame = pd.DataFrame(kept, columns=[ID, CONTENT, LABEL, SPLIT])
    account = {
        "rows_in": len(rows),
        "rows_out": len(frame),
        "dropped": dict(sorted(dropped.items())),
        "changed": dict(sorted(changed.items())),
    }
    return frame, account


def _still_there(domain: str, rows: pd.DataFrame, kept: pd.DataFrame) -> None:
    """Check that no official split was lost whole: another one would be dealt in its place.

    Raises:
        UserError: one was.
    """
    if SPLIT in rows and (lost := sorted(set(rows[SPLIT].dropna()) - set(kept[SPLIT].dropna()))):
        raise UserError(
            f"domain {domain} has no row left of its split {lost[0]}: what is not empty stands in another split or"
            " domain too; take it out there."
        )


if __name__ == "__main__":
    run_stage(main)

"""Clean the contents of every domain, drop unusable rows, and assign splits.

Reads:  data/raw/<task>
Writes: data/clean/<task>/<domain>.parquet (id, content, label, split), domains.json, the options of the cleaner if it
        has any, and quality.json, which accounts for every row
Run:    python -m stages.preprocess <task>

Of duplicates in a domain one row stays. Targets are cleaned before the source, which loses the rows that they test
(crossfer/preprocessing/deduplicate.py). Near-duplicates stay in one split (crossfer/preprocessing/related_rows.py).
"""

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import SPLIT, TaskPaths
from crossfer.config.params import load_task
from crossfer.entrypoint import print_progress, run_stage
from crossfer.errors import ErrorList, UserError
from crossfer.preprocessing.accounting import RowAccount
from crossfer.preprocessing.domain_rows import DomainCleaner, sort_domains
from crossfer.preprocessing.scrubbing import IdScrubber, add_scrubber
from crossfer.preprocessing.splits import add_splits
from crossfer.protocols import load_modality


def main(task_name: str) -> None:
    """Clean the contents of every domain, drop unusable rows, and assign splits."""
    task, _ = load_task(task_name)
    modality, options = load_modality(task.modality), task.preprocess
    cleaner = add_scrubber(modality.make_cleaner(**options.cleaner_options), options.scrub)
    raw_folder, quality, errors = TaskPaths(task_name).raw, {}, ErrorList()
    domains = io.read_domains(raw_folder)
    id_scrubber = IdScrubber(options.scrub, [paths.table_path(raw_folder, domain.name) for domain in domains])
    domain_cleaner = DomainCleaner(task_name, modality, cleaner, id_scrubber, options)
    with io.replace_folder(TaskPaths(task_name).clean) as folder:
        for domain in sort_domains(domains):
            account = RowAccount()
            raw_table, table = paths.table_path(raw_folder, domain.name), paths.table_path(folder, domain.name)
            unsplit_table = table.with_suffix(".unsplit")
            try:
                rows = domain_cleaner.clean(domain, raw_table, unsplit_table, account)
            except UserError as error:
                errors.add(error)  # the other domains may have errors too
                continue
            io.write_chunks(table, add_splits(unsplit_table, rows[SPLIT]))
            unsplit_table.unlink()
            counts = rows[SPLIT].value_counts().sort_index().to_dict()
            quality[domain.name] = {**account.as_quality(), "splits": counts}
            for warning in account.warnings():
                print_progress("preprocess", task_name, f"{domain.name}: {warning}")
            print_progress("preprocess", task_name, f"{domain.name}: {account.rows_out} of {account.rows_in} rows kept")
        errors.check()
        cleaner.save(folder)
        io.write_json(folder / paths.QUALITY_FILE, quality)
        io.write_domains(folder, domains)


if __name__ == "__main__":
    run_stage(main)

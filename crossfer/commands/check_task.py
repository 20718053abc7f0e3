"""Read and clean the data of one task as the stages do, and report all errors.

Personal data is not replaced: that takes longest, and hardly changes which rows are dropped.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from crossfer.artifacts import io, paths
from crossfer.artifacts.paths import CONTENT, LABEL, SPLIT, TRAIN, VALIDATION, TaskPaths
from crossfer.backbones import locate_backbone
from crossfer.config.domains import ImageDomain, TextDomain
from crossfer.config.params import Compute, Task
from crossfer.errors import UserError
from crossfer.preprocessing.accounting import RowAccount
from crossfer.preprocessing.domain_rows import DomainCleaner, sort_domains
from crossfer.preprocessing.scrubbing import IdScrubber
from crossfer.protocols import load_modality
from crossfer.sources.domain_comparison import DomainComparison
from crossfer.sources.reading import DomainCounts, expand_domains, list_domains, open_domain, read_domain

MAX_ENCODED_ROWS = 200  # of a domain, for the fraction of truncated texts: within 7 pp in 95 % of the cases


@dataclass
class DomainCheck:
    """The rows of a domain.

    Attributes:
        domain: name, language, and whether it is the source.
        counts: of its raw rows; without labels if they cannot be read.
        account: of its rows in preprocess.
        rows: label and split of its clean rows.
        unknown_labels: those that the source lacks, with their numbers of rows.
        is_read: all raw rows were read.
        encoded: number of its clean rows that are encoded.
        truncated: fraction of encoded texts that are longer than max_length; None for images, or if unknown.
    """

    domain: io.Domain
    counts: DomainCounts = field(default_factory=DomainCounts)
    account: RowAccount = field(default_factory=RowAccount)
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    unknown_labels: Counter[str] = field(default_factory=Counter)
    is_read: bool = False
    encoded: int = 0
    truncated: float | None = None


@dataclass
class TaskCheck:
    """The domains of a task, its errors, and the estimated seconds of finetune."""

    domains: list[DomainCheck]
    errors: list[UserError] = field(default_factory=list)
    training_seconds: float | None = None

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Add a `UserError` of the block to the errors."""
        try:
            yield
        except UserError as error:
            self.errors.append(error)


def check_data(name: str, task: Task, compute: Compute) -> TaskCheck:
    """Read, clean and encode the data of a task in a temporary folder.

    Estimate the time of training unless there are errors, or it was trained before.
    """
    check = TaskCheck([])
    blocks: Sequence[TextDomain | ImageDomain] = []
    with check.collect():
        blocks, _ = expand_domains(task.source, task.targets)
    if not blocks:
        return check
    check.domains = [DomainCheck(domain) for domain in list_domains(blocks)]
    comparison = DomainComparison(task.source.domain)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for block, domain in zip(blocks, check.domains, strict=True):
            with check.collect():
                chunks = read_domain(block, open_domain(block), domain.counts, comparison)
                io.write_chunks(paths.table_path(folder, block.domain), chunks)
                domain.is_read = True
        _compare_domains(check, blocks, comparison)
        _clean(check, name, task, folder)
        estimates_time = not check.errors and not TaskPaths(name).model.exists()
        with check.collect():
            _encode(check, task, compute, folder, estimates_time)
    return check


def _compare_domains(
    check: TaskCheck, blocks: Sequence[TextDomain | ImageDomain], comparison: DomainComparison
) -> None:
    """Compare labels and ids of the domains as the stage ingest does."""
    for target in check.domains[1:]:
        if target.is_read:
            with check.collect():
                target.unknown_labels = comparison.find_unknown_labels(target.domain.name)
    if all(entry.is_read for entry in check.domains):
        with check.collect():
            comparison.check([block.domain for block in blocks if block.parallel])


def _clean(check: TaskCheck, name: str, task: Task, folder: Path) -> None:
    """Clean the domains as the stage preprocess does, without replacing personal data."""
    modality, options = load_modality(task.modality), task.preprocess
    cleaner = modality.make_cleaner(**options.cleaner_options)
    domain_cleaner = DomainCleaner(name, modality, cleaner, IdScrubber([], []), options)
    entries = {entry.domain: entry for entry in check.domains if entry.is_read}
    for domain in sort_domains(entries):
        entry, raw_table = entries[domain], paths.table_path(folder, domain.name)
        with check.collect():
            entry.rows = domain_cleaner.clean(domain, raw_table, _clean_table(folder, entry), entry.account)


def _clean_table(folder: Path, entry: DomainCheck) -> Path:
    return folder / f"{entry.domain.name}.clean"


def _encode(check: TaskCheck, task: Task, compute: Compute, folder: Path, estimates_time: bool) -> None:
    """Find truncated texts, and estimate the time of training if asked."""
    modality, backbone = load_modality(task.modality), locate_backbone(task.backbone)
    encoder_folder = io.create_empty_folder(folder / "encoder")
    encoder = modality.make_encoder(backbone, encoder_folder, **task.tokenize.model_dump())
    for entry in check.domains:
        if not len(entry.rows):
            continue
        rows = entry.rows.iloc[:: -(-len(entry.rows) // MAX_ENCODED_ROWS)]
        inputs, truncated = encoder.encode_and_count(_read_contents(_clean_table(folder, entry), rows.index))
        entry.encoded = len(inputs)
        entry.truncated = None if truncated is None else truncated / len(inputs)
        if entry.domain.is_source and estimates_time and TRAIN in set(rows[SPLIT]):
            from crossfer.commands.training_time import TrainingRows, estimate_seconds  # imports torch

            training = [number for number, split in enumerate(rows[SPLIT]) if split == TRAIN]
            counts = entry.rows[SPLIT].value_counts()
            training_rows = TrainingRows(
                sorted(entry.rows[LABEL].unique()),
                [inputs[number] for number in training],
                [rows[LABEL].iloc[number] for number in training],
                round(counts[TRAIN] * task.finetune.train_fraction),
                int(counts.get(VALIDATION, 0)),
            )
            check.training_seconds = estimate_seconds(task, compute, backbone, training_rows)


def _read_contents(table: Path, positions: pd.Index) -> list[Any]:
    """Return the contents of some rows, without reading all into memory."""
    contents: list[Any] = []
    start = 0
    for rows in io.read_chunks(table, [CONTENT]):
        chunk_positions = positions[(positions >= start) & (positions < start + len(rows))]
        contents += rows[CONTENT].iloc[chunk_positions - start].tolist()
        start += len(rows)
    return contents

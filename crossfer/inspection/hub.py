"""Inspect a data set of the Hugging Face Hub: its commit, splits and columns."""

from collections.abc import Sequence
from typing import Any

from crossfer.config.record_domains import OFFICIAL_SPLITS
from crossfer.errors import UserError
from crossfer.inspection.columns import ColumnSummary, RowSummary
from crossfer.inspection.locations import HubDataSet
from crossfer.sources.hub import load_split
from crossfer.sources.split_names import SPLITS


def inspect(data_set: HubDataSet) -> tuple[dict[str, Any], list[ColumnSummary], list[str]]:
    """Return a data set's keys in params.yaml, its columns, and splits left out.

    Raises:
        UserError: the Hub cannot be reached, or the data set has several configurations, unknown splits, or two names
            of one split.
    """
    from datasets import get_dataset_config_names, get_dataset_split_names
    from huggingface_hub import HfApi

    name = data_set.name
    try:
        revision = HfApi().dataset_info(name).sha
        configurations = get_dataset_config_names(name, revision=revision)
        configuration = data_set.configuration or (configurations[0] if len(configurations) == 1 else None)
        split_names = get_dataset_split_names(name, configuration, revision=revision) if configuration else []
    except Exception as error:  # of the network, the Hub or `datasets`, without a common type
        reason = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
        raise UserError(
            f"{name} is no path, and the data set {name} of the Hugging Face Hub cannot be read ({reason}); correct the"
            " path or the name, or check the connection."
        ) from error
    if configuration is None:
        raise UserError(f"data set {name} has several configurations; write {name}:{configurations[0]}, for instance.")
    splits = _match_splits(name, split_names)
    parts = [load_split(name, configuration, split, revision) for split in splits.values()]
    summary = RowSummary()
    for part in parts:
        for record in part:
            summary.add(record)
    options = {"name": name, "configuration": configuration, "split": splits, "revision": revision}
    left_out = [split for split in split_names if split not in splits.values()]
    return (
        {key: value for key, value in options.items() if value != "default"},
        list(summary.columns.values()),
        left_out,
    )


def _match_splits(name: str, split_names: Sequence[str]) -> dict[str, str]:
    """Return the split of a data set that is each official split.

    Raises:
        UserError: none is, or two are the same.
    """
    splits = {}
    for official in OFFICIAL_SPLITS:
        matches = [split for split in split_names if SPLITS.get(split) == official]
        if len(matches) > 1:
            raise UserError(
                f"data set {name} has several splits for {official} ({', '.join(matches)}); write its block into"
                " params.yaml yourself, with the split to read (docs/data.md)."
            )
        if matches:
            splits[official] = matches[0]
    if not splits:
        raise UserError(f"data set {name} has no split train or test, only {', '.join(split_names)}; use another one.")
    return splits

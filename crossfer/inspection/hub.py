"""Inspect a data set of the Hugging Face Hub: its commit, splits and columns."""

from typing import Any

from crossfer.config.record_domains import OFFICIAL_SPLITS
from crossfer.errors import UserError
from crossfer.inspection.columns import ColumnSummary, summarize
from crossfer.inspection.locations import HubDataSet
from crossfer.sources.folder_layout import SPLITS
from crossfer.sources.hub import load_split


def inspect(data_set: HubDataSet) -> tuple[dict[str, Any], list[ColumnSummary]]:
    """Return a data set's keys in params.yaml, and a summary of its columns.

    Raises:
        UserError: the Hub cannot be reached, or the data set has several configurations or unknown splits.
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
    splits = {SPLITS[split]: split for split in split_names if split in SPLITS}
    if not splits:
        raise UserError(f"data set {name} has no split train or test, only {', '.join(split_names)}; use another one.")
    splits = {official: splits[official] for official in OFFICIAL_SPLITS if official in splits}
    parts = [load_split(name, configuration, split, revision) for split in splits.values()]
    columns, _ = summarize((0, record) for part in parts for record in part)
    options = {"name": name, "configuration": configuration, "split": splits, "revision": revision}
    return {key: value for key, value in options.items() if value != "default"}, columns

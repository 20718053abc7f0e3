"""Readers of the outputs of the tiny task in a repository."""

import pandas as pd
from repository import LANGUAGES

from crossfer.artifacts import io
from crossfer.protocols import load_modality

DOMAINS = {"text": ["en", *LANGUAGES], "vision": ["mnist", "uci", "print"]}
LABELS = {"text": ["business", "entertainment", "politics", "sports", "tech"], "vision": list("0123456789")}


def read_report(repository):
    return io.read_json(repository.folder / "data/reports/tiny/metrics.json")


def rows_of(repository, stage, domain):
    return pd.read_parquet(repository.folder / f"data/{stage}/tiny/{domain}.parquet").set_index("id")


def refit_baseline(repository, modality="text"):
    """Return the baseline, fitted on the rows that training.json lists."""
    source = rows_of(repository, "tokens", DOMAINS[modality][0])
    rows = source.loc[io.read_json(repository.folder / "data/models/tiny/training.json")["rows"]]
    return load_modality(modality).baseline().fit(rows["content"], rows["label"])


def assert_baseline_agrees(repository, modality="text"):
    baseline, predictions = refit_baseline(repository, modality), repository.predictions()
    for domain, rows in predictions.groupby("domain"):
        contents = rows_of(repository, "tokens", domain)["content"]
        assert list(baseline.predict(contents[rows["id"]])) == list(rows["baseline"])

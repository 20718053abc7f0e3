"""Classify a table once, as MLflow does; benchmarks.formats measures it.

Run:    python -m benchmarks.serve_once MODULE CLASS FOLDER MODALITY TABLE
"""

import importlib
import sys
from types import SimpleNamespace

import pandas as pd


def main(module: str, class_name: str, folder: str, modality: str, table: str) -> None:
    """Load a model, and classify the column `content` of a Parquet table."""
    model = getattr(importlib.import_module(module), class_name)()
    model.load_context(SimpleNamespace(artifacts={"model": folder}, model_config={"modality": modality}))
    model.predict(None, pd.read_parquet(table))


if __name__ == "__main__":
    main(*sys.argv[1:])

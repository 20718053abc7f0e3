"""Classify the contents of a table once, as MLflow serves a model; benchmarks.formats measures this process.

Run:    python -m benchmarks.serve_once MODULE CLASS FOLDER MODALITY TABLE
"""

import importlib
import sys
from types import SimpleNamespace

import pandas as pd


def main(module: str, class_name: str, folder: str, modality: str, table: str) -> None:
    """Load the model in the folder, and classify the column `content` of a Parquet table."""
    model = getattr(importlib.import_module(module), class_name)()
    model.load_context(SimpleNamespace(artifacts={"model": folder}, model_config={"modality": modality}))
    model.predict(None, pd.read_parquet(table))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Classify contents once as MLflow serves them: the process whose memory benchmarks.formats measures.

Run:    python -m benchmarks.serve_once MODULE:CLASS FOLDER MODALITY CONTENTS
"""

import importlib
import sys
from types import SimpleNamespace

import pandas as pd

from crossfer.artifacts.paths import CONTENT
from crossfer.commands import predict_inputs as inputs


def main(which: str, folder: str, modality: str, asked: str) -> None:
    """Load the model in the folder, and let it answer all contents of a file or folder."""
    module, _, name = which.partition(":")
    served = getattr(importlib.import_module(module), name)()
    served.load_context(SimpleNamespace(artifacts={"model": folder}, model_config={"modality": modality}))
    served.predict(None, pd.DataFrame({CONTENT: [content for _, content in inputs.named([asked], CONTENT)]}))


if __name__ == "__main__":
    main(*sys.argv[1:])

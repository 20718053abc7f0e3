"""MLflow sees the settings of crossfer/tracking, whichever of its modules is imported first."""

import subprocess
import sys

import pytest
from repository import ROOT

SCRIPT = "import logging, {}, mlflow; from mlflow import environment_variables as settings; print("
SCRIPT += "logging.getLogger('mlflow').level == logging.ERROR, settings.MLFLOW_HTTP_REQUEST_TIMEOUT.get())"


@pytest.mark.parametrize("module", ["crossfer.tracking.queries", "crossfer.tracking.run"])
def test_mlflow_is_imported_after_its_settings(module, monkeypatch):
    for name in ("MLFLOW_LOGGING_LEVEL", "MLFLOW_HTTP_REQUEST_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    done = subprocess.run([sys.executable, "-c", SCRIPT.format(module)], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "True 30\n", done.stderr

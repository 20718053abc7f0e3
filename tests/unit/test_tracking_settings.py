"""MLflow gets the settings of crossfer/tracking in any order of imports."""

import subprocess
import sys

import pytest
from repository import ROOT

SCRIPT = "import logging, {}, mlflow; from mlflow import environment_variables as settings; print("
SCRIPT += "logging.getLogger('mlflow').level == logging.ERROR, settings.MLFLOW_HTTP_REQUEST_TIMEOUT.get())"


@pytest.mark.parametrize("module", ["crossfer.tracking.queries", "crossfer.tracking.run"])
def test_settings_are_made_before_mlflow_is_imported(module, monkeypatch):
    for name in ("MLFLOW_LOGGING_LEVEL", "MLFLOW_HTTP_REQUEST_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    process = subprocess.run([sys.executable, "-c", SCRIPT.format(module)], cwd=ROOT, capture_output=True, text=True)
    assert process.stdout == "True 30\n", process.stderr

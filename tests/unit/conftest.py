"""Fixtures of the tests of `crossfer add`."""

from pathlib import Path

import pytest
from own_tables import copy_params, records, write


@pytest.fixture
def params_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder: it has params.yaml, without any own task."""
    monkeypatch.chdir(tmp_path)
    copy_params()
    return tmp_path


@pytest.fixture
def swahili(params_folder: Path) -> str:
    """Return the argument of a Swahili target."""
    return f"sw={write('data/mine/sw.csv', records(language='sw'))}"

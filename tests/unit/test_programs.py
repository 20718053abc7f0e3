"""Commands find dvc without an activated environment, as `.venv/bin/crossfer` runs them."""

import pytest

from crossfer.commands import clean, dvc_experiments, verify


@pytest.fixture(autouse=True)
def not_activated(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def test_experiments_find_dvc():
    assert dvc_experiments._output("dvc", "version").startswith("DVC version")


@pytest.mark.parametrize("command", [clean, verify])
def test_other_commands_find_dvc(command, capfd):
    command._run("dvc", "version")
    assert capfd.readouterr().out.startswith("DVC version")

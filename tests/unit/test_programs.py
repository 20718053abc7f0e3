"""Commands find dvc without an activated environment."""

import pytest

from crossfer.commands import programs
from crossfer.errors import UserError


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def test_the_output_of_dvc_is_returned():
    assert programs.output("dvc", "version").startswith("DVC version")


def test_the_output_of_dvc_is_shown(capfd):
    programs.run("dvc", "version")
    assert capfd.readouterr().out.startswith("DVC version")


def test_variables_can_be_unset(capfd, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://host")
    monkeypatch.setenv("OTHER", "1")
    programs.run("env", unset=("MLFLOW_", "DVC_"))
    lines = capfd.readouterr().out.splitlines()
    assert "OTHER=1" in lines and not any(line.startswith("MLFLOW_") for line in lines)


def test_a_failed_program_is_named_with_its_last_lines():
    message = (
        "`git nothing` failed; fix the cause in its output, and run it again:\ngit: 'nothing' is not a git command"
    )
    with pytest.raises(UserError, match=message):
        programs.output("git", "nothing")
    with pytest.raises(UserError, match="`false` failed; fix the cause in its output above, and run it again."):
        programs.run("false")


@pytest.mark.parametrize("run", [programs.run, programs.output])
def test_a_missing_program_is_named(run):
    with pytest.raises(UserError, match="no-such-program is not installed; install it, or add its folder to PATH."):
        run("no-such-program")

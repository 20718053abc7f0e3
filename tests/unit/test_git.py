"""What git prints is told apart from git that fails."""

import subprocess

from crossfer.tracking import git


def test_a_command_that_fails_is_not_one_that_prints_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert git.output("status", "--porcelain") is None  # no repository
    subprocess.run(["git", "init", "--quiet"], check=True)
    assert git.output("status", "--porcelain") == ""
    (tmp_path / "a").touch()
    assert git.output("status", "--porcelain") == "?? a"
    assert git.output("rev-parse", "--verify", "HEAD") is None  # no commit


def test_without_git_nothing_is_known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)
    monkeypatch.setenv("PATH", "")
    assert git.output("status", "--porcelain") is None

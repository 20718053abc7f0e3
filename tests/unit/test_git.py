"""Output of git, and None if git fails."""

import subprocess

from crossfer.tracking import git


def test_a_failed_command_returns_none_and_not_an_empty_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert git.output("status", "--porcelain") is None  # no repository
    subprocess.run(["git", "init", "--quiet"], check=True)
    assert git.output("status", "--porcelain") == ""
    (tmp_path / "a").touch()
    assert git.output("status", "--porcelain") == "?? a"
    assert git.output("rev-parse", "--verify", "HEAD") is None  # no commit


def test_without_git_none_is_returned(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)
    monkeypatch.setenv("PATH", "")
    assert git.output("status", "--porcelain") is None

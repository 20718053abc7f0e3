"""What git knows of the code."""

import subprocess


def output(*arguments: str) -> str | None:
    """Return what a git command prints, stripped; None if it fails: outside a repository, or without git."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False, encoding="utf-8")
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None

"""Ask git about the repository."""

import subprocess


def output(*arguments: str) -> str | None:
    """Return the stripped output of a git command, or None if it fails."""
    try:
        process = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False, encoding="utf-8")
    except FileNotFoundError:
        return None
    return process.stdout.strip() if process.returncode == 0 else None

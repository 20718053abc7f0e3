"""What git says."""

import subprocess


def said(*arguments: str) -> str:
    """What git prints, without the white space around it; nothing if it fails, or where there is no repository."""
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False, encoding="utf-8")
    return done.stdout.strip() if done.returncode == 0 else ""

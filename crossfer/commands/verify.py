"""Rerun the pipeline in a clone and compare the outputs with dvc.lock.

The clone of the last commit is made next to the repository, with a cache and a tracking store of its own, and removed
at the end.

Reads:  the last commit
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from crossfer.commands import dvc_lock, own_data, programs
from crossfer.config.params import load_params
from crossfer.errors import UserError
from crossfer.reporting import markdown

IDENTICAL, DIFFERENT, MISSING, UNKNOWN = "identical", "different", "not written", "not in dvc.lock"
UNSET_PREFIXES = ("MLFLOW_", "DVC_")  # variables that could name the store or the cache of the repository

Digests = Mapping[tuple[str, str], str]


def run() -> bool:
    """Rerun the pipeline in a clone; return whether all outputs are identical."""
    repository = Path.cwd()
    dvc_lock.read_stages()  # fails before the clone if dvc.lock is missing or damaged
    own_data.check_versions(load_params().tasks)
    try:
        scratch = tempfile.TemporaryDirectory(prefix=f"{repository.name}-verify-", dir=repository.parent)
    except OSError as error:
        raise UserError(
            f"the clone cannot be written to {repository.parent}: {error.strerror}; give this user access to the"
            " folder."
        ) from error
    with scratch as folder:
        clone = Path(folder) / repository.name
        programs.run("git", "clone", "--quiet", "--no-hardlinks", str(repository), str(clone), unset=UNSET_PREFIXES)
        _copy_added_data(clone)
        lock = clone / dvc_lock.LOCK_FILE
        expected = dvc_lock.output_digests(lock)
        lock.unlink()  # DVC would keep stages in it that no longer exist
        programs.run("dvc", "repro", "--force", folder=clone, unset=UNSET_PREFIXES)
        actual = dvc_lock.output_digests(lock)
    print(comparison_table(expected, actual))
    print("Changes since the last commit were not verified.")
    return actual == expected


def _copy_added_data(clone: Path) -> None:
    """Copy the data that `dvc add` put into this repository's cache to a clone."""
    added = programs.output("git", "-C", str(clone), "ls-files", "-z", "*.dvc").split("\0")[:-1]
    if added:
        cache = programs.output("dvc", "cache", "dir")
        for command in (("remote", "add", "--local", "origin", cache), ("pull", "--remote", "origin", *added)):
            programs.run("dvc", command[0], "--quiet", *command[1:], folder=clone, unset=UNSET_PREFIXES)


def comparison_table(expected: Digests, actual: Digests) -> str:
    """Return a Markdown table of the outputs and whether they are identical."""
    results = {key: _compare(expected.get(key), actual.get(key)) for key in {**expected, **actual}}
    rows = [[stage, path, result] for (stage, path), result in results.items()]
    count = list(results.values()).count(IDENTICAL)
    return f"{markdown.table(['stage', 'output', 'result'], rows)}\n\n{count} of {len(rows)} outputs are identical."


def _compare(expected: str | None, actual: str | None) -> str:
    if expected is None:
        return UNKNOWN
    if actual is None:
        return MISSING
    return IDENTICAL if actual == expected else DIFFERENT

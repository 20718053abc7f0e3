"""Create and check the repository's SQLite database, and follow its moves.

MLflow creates a database in place and without a lock: two first runs at the same time, or a kill, would break it.
"""

import os
import re
import sqlite3
import sys
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path
from urllib.parse import quote, urlparse
from urllib.request import url2pathname

import mlflow
import mlflow.store

from crossfer.artifacts import paths
from crossfer.artifacts.locks import hold_lock
from crossfer.errors import UserError

EXPERIMENT = "crossfer"
DATABASE_FILE, ARTIFACTS_FOLDER = "mlflow.db", "mlruns"
MAX_WAIT = 5.0  # seconds for a process that has locked the database
MAX_PREPARATION = 60.0  # seconds for a process that creates it, maybe on a busy machine
VERSION = re.compile(r"found version (\w+)|revision identified by '(\w+)'")  # of the schema, in MLflow's messages
MIGRATIONS = Path(mlflow.store.__file__).parent / "db_migrations/versions"
CAUSES = {  # by a part of SQLite's message
    "database is locked": "another process has locked it; wait until that process ends, or end it.",
    "file is not a database": "it is not an SQLite database, or it is damaged; keep the file and restore a backup.",
    "disk image is malformed": "it is damaged; keep the file and restore a backup, or what sqlite3's .recover reads.",
    "unable to open database file": "it cannot be opened; check that it is a file that this user may read and write.",
    "readonly database": "this user may not write it; give this user access to the file and its folder.",
}

_prepared: set[Path] = set()  # databases that this process has created or checked


def address(file: Path | None = None) -> str:
    """Return the address of a database, by default of the repository's own."""
    path = str(file or _database())
    return "sqlite:///" + path.replace("%", "%25").replace("?", "%3F")  # SQLAlchemy decodes the path


def artifacts_address() -> str:
    """Return the address of the folder of the files of runs."""
    return (paths.repository_root() / ARTIFACTS_FOLDER).as_uri()


def lock() -> AbstractContextManager[None]:
    """Return the lock for creating the database and for rewriting locations.

    To enter it raises a `UserError` if another process has it for MAX_PREPARATION.
    """
    file = paths.locks_folder(paths.repository_root()) / f"{DATABASE_FILE}.lock"
    return hold_lock(file, f"prepares {DATABASE_FILE}", MAX_PREPARATION)


def prepare() -> None:
    """Create or check the database, and follow a move, once per process.

    Raises:
        UserError: the database is another program's, or was moved without the files of its runs.
        sqlite3.Error: it cannot be read.
    """
    file = _database()
    if file not in _prepared:
        with lock():
            if not file.exists() or (file.is_file() and file.stat().st_size == 0):
                _create(file)
            else:
                _check(file)
        _prepared.add(file)


def remove_misspelled_folder() -> None:
    """Remove the empty folder that MLflow creates if the path has a `%` or `?`."""
    spelled = Path(address().removeprefix("sqlite:///"))
    if spelled != _database():
        with suppress(OSError):  # it does not exist
            os.removedirs(spelled.parent)


def explain(message: str, upgrade_address: str) -> str | None:
    """Return cause and fix of an error of MLflow or SQLite; None if unknown.

    Args:
        message: the error message.
        upgrade_address: the database, as an argument of `mlflow db upgrade` in a shell.
    """
    if version := VERSION.search(message):
        if [*MIGRATIONS.glob(f"{version[1] or version[2]}_*.py")]:
            fix = f"back up the database, then run: mlflow db upgrade {upgrade_address}"
        else:
            fix = "install the newer MLflow that wrote it."
        return f"{message.partition('. ')[0]}; {fix}"
    return next((cause for part, cause in CAUSES.items() if part in message), None)


def _database() -> Path:
    return paths.repository_root() / DATABASE_FILE


def _create(file: Path) -> None:
    """Create the database with the project's experiment, completely or not at all."""
    new = file.with_name(f"{file.name}-new")
    for path in (new, new.with_name(f"{new.name}-journal")):
        path.unlink(missing_ok=True)  # left by a killed process
    client = mlflow.MlflowClient(address(new), address(new))
    client.create_experiment(EXPERIMENT, artifacts_address())
    new.replace(file)


def _check(file: Path) -> None:
    """Check that a database is MLflow's, and follow a move of the repository."""
    uri = f"file:{quote(str(file))}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True, timeout=MAX_WAIT)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables & {"alembic_version", "experiments"}:
            raise UserError(
                f"{DATABASE_FILE} is the database of another program ({', '.join(sorted(tables)[:3])}); move it to"
                " another folder."
            )
        if "experiments" not in tables:
            return
        query = "SELECT artifact_location FROM experiments WHERE name = ?"
        (location,) = connection.execute(query, [EXPERIMENT]).fetchone() or (None,)
        if location and location.startswith("file:") and location != artifacts_address():
            _follow_move(connection, location)


def _follow_move(connection: sqlite3.Connection, old: str) -> None:
    """Replace the old address of the folder of artifacts in all locations."""
    old_folder = Path(url2pathname(urlparse(old).path))
    new, folder = artifacts_address(), paths.repository_root() / ARTIFACTS_FOLDER
    if old_folder.is_dir() and not folder.is_dir():
        raise UserError(
            f"{DATABASE_FILE} was moved without the files of its runs, which are in {old_folder}; move that folder to"
            f" {folder}."
        )
    columns = connection.execute(
        "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
    ).fetchall()
    replacements = {old: new, str(old_folder): str(folder)}
    with connection:
        for table, column in columns:
            for before, after in replacements.items():
                connection.execute(
                    f'UPDATE "{table}" SET "{column}" = ? || substr("{column}", ?)'
                    f' WHERE "{column}" = ? OR substr("{column}", 1, ?) = ?',
                    [after, len(before) + 1, before, len(before) + 1, f"{before}/"],
                )
    print(f"The repository was moved: {DATABASE_FILE} now names {folder}, not {old_folder}.", file=sys.stderr)

"""Servers on loopback that tests start, kill and restart: PostgreSQL and MLflow."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

MAX_SECONDS = 120  # until a server answers


def free_port() -> int:
    """Return a port on which no process listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def postgres_programs() -> Path | None:
    """Return the folder of the programs of the newest PostgreSQL, or None."""
    debian_folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    folders = [path for path in debian_folders if (path / "initdb").exists()]
    if folders:
        return folders[-1]
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


class Server:
    """A process in a new session, killed together with the processes that it started."""

    def __init__(self, command: list[str], log: Path, **options: object) -> None:
        self.command, self.log, self.options = command, log, options

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, **self.options
            )

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Kill the process group, as a crash does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        self.process.wait(30)


class Postgres(Server):
    """A PostgreSQL server with one user and one database.

    PostgreSQL refuses to run as root, so for root it runs as nobody.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self.port, data = free_port(), folder / "postgres"
        data.mkdir()
        options: dict[str, object] = {}
        if os.getuid() == 0:
            options["user"] = "nobody"
            options["cwd"] = "/"
            for parent in (folder, *folder.parents):  # nobody must be able to enter them
                if parent.owner() == "root" and parent != Path("/") and not parent.stat().st_mode & 0o001:
                    parent.chmod(parent.stat().st_mode | 0o011)
            shutil.chown(data, "nobody")
        options["env"] = {**os.environ, "LC_ALL": "C"}
        command = [programs / "initdb", "-D", data, "-U", "crossfer", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*map(str, command)], check=True, capture_output=True, **options)  # type: ignore[call-overload]
        self.address = f"postgresql+psycopg://crossfer:secret@127.0.0.1:{self.port}/postgres"
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": data, "fsync": "off"}
        arguments = [f"-c{name}={value}" for name, value in settings.items()]
        super().__init__([str(programs / "postgres"), "-D", str(data), *arguments], folder / "postgres.log", **options)

    def start(self) -> None:
        super().start()
        for _ in range(10 * MAX_SECONDS):
            assert self.process.poll() is None, self.log.read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())


class MLflow(Server):
    """MLflow's server, with files in a folder and everything else in a database."""

    def __init__(self, database: str, folder: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", database, "--workers", "1"]
        command += ["--artifacts-destination", str(folder / "artifacts"), "--port", str(self.port)]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
        environment = {**inherited, "MLFLOW_DISABLE_TELEMETRY": "true"}
        super().__init__(command, folder / "mlflow.log", cwd=folder, env=environment)

    def start(self) -> None:
        super().start()
        wait_for(f"{self.address}/health", self)


def wait_for(address: str, server: Server) -> None:
    """Wait until a server answers at an address."""
    for _ in range(2 * MAX_SECONDS):
        assert server.process.poll() is None, server.log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                if response.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(server.log.read_text())

"""Servers that tests start on loopback, kill and start again: PostgreSQL, and MLflow's on it."""

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

PATIENCE = 120  # seconds for a server to be up


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def postgres_programs() -> Path | None:
    """Where the programs of the newest PostgreSQL lie, Debian's among them; None if there is none."""
    debians = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    folders = [path for path in debians if (path / "initdb").exists()]
    if folders:
        return folders[-1]
    elsewhere = shutil.which("initdb")
    return Path(elsewhere).resolve().parent if elsewhere else None


class Server:
    """A process of its own session, which is killed with all that it started."""

    def __init__(self, command: list[str], log: Path, **options: object) -> None:
        self.command, self.log, self.options = command, log, options

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, **self.options
            )

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it, as a crash does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        self.process.wait(30)


class Postgres(Server):
    """A database server with one user and one database. It refuses to run as root, so it runs as another user then."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.port, data = free_port(), folder / "postgres"
        data.mkdir()
        options: dict[str, object] = {}
        if os.getuid() == 0:
            options["user"] = "nobody"
            options["cwd"] = "/"
            for place in (folder, *folder.parents):  # to be passed through by that user
                if place.owner() == "root" and place != Path("/") and not place.stat().st_mode & 0o001:
                    place.chmod(place.stat().st_mode | 0o011)
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
        for _ in range(10 * PATIENCE):
            assert self.process.poll() is None, self.log.read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())


class MLflow(Server):
    """MLflow's own server, which keeps files in a folder and all else in a database."""

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
    for _ in range(2 * PATIENCE):
        assert server.process.poll() is None, server.log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                if response.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(server.log.read_text())

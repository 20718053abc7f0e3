"""A process that has imported the big packages once, and runs Python programs in forks of itself.

A stage imports torch, transformers and MLflow for 6 to 12 seconds before it does anything. A fork of a process that
has them already starts at once, and is a process of its own all the same: with its folder, environment, files and exit
status. None of this project's modules is imported here: a fork imports them from the folder that it runs in.

tests/support/programs stands first on PATH in tests' repositories: its `python`, `dvc` and `mlflow` hand programs over.
Where the environment differs in a variable that packages read when they are imported, or where there is no server, they
start a real process instead. Signals are passed on; when a program that waits is killed, its fork is killed too.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

from forked_program import run

ADDRESS = "CROSSFER_FORK_SERVER"  # the environment's name for the path of the socket
REFUSED = "refused"
IMPORTED = """
PIL.BmpImagePlugin PIL.GifImagePlugin PIL.ImageDraw PIL.ImageFont PIL.JpegImagePlugin PIL.PngImagePlugin
accelerate alembic.command datasets dvc.cli dvc.repo.reproduce ftfy git imagehash matplotlib.backends.backend_agg
matplotlib.pyplot mlflow.pyfunc mlflow.store.db.utils mlflow.store.model_registry.sqlalchemy_store
mlflow.store.tracking.sqlalchemy_workspace_store mlflow.tracing.export.mlflow_v3 networkx onnx onnxruntime
onnxruntime.quantization onnxscript onnxscript.function_libs.torch_lib.ops pandas presidio_analyzer pyarrow.parquet
ruamel.yaml scipy.optimize scipy.special scipy.stats sklearn.feature_extraction.text sklearn.linear_model
sklearn.pipeline sqlalchemy.dialects.sqlite torch torch._inductor.codecache torch.export torch.onnx
torch.onnx._internal.exporter._core torch.utils.flop_counter transformers transformers.models.bert.modeling_bert
transformers.models.mobilenet_v2.modeling_mobilenet_v2 transformers.trainer typer
"""
# What may differ from the server's environment: read when it is needed, not when a package is imported.
LATE = {
    "PS1",
    "PWD",
    "OLDPWD",
    "SHLVL",
    "_",
    "PATH",
    "PYTHONUNBUFFERED",
    "PYTHONPATH",
    "PYTHONSAFEPATH",
    ADDRESS,
    "CROSSFER_PYTHON",
}
LATE |= {"ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS"}  # at the first computation
LATE |= {"MLFLOW_RUN_ID", "CROSSFER_CACHE", "HF_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
LATE |= {"COLUMNS", "LINES"}  # pytest-xdist sets them in its workers
LATE |= {"PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"}
LATE_PREFIXES = ("DVC_", "GIT_", "MLFLOW_TRACKING_", "MLFLOW_HTTP_")
# What crossfer sets before it imports these packages.
SET_BEFORE_IMPORTS = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "TRANSFORMERS_VERBOSITY": "error",
}


def early(environment: dict[str, str]) -> dict[str, str]:
    """Return the part of an environment that packages may read when they are imported, unless crossfer sets it so."""
    return {
        name: value
        for name, value in environment.items()
        if name not in LATE and not name.startswith(LATE_PREFIXES) and SET_BEFORE_IMPORTS.get(name) != value
    }


def start(folder: Path, environment: dict[str, str]) -> subprocess.Popen:
    """Start a server whose socket lies in a folder; it ends with this process."""
    address = str(folder / "fork-server")
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import fork_server; fork_server.main()"
    command = [sys.executable, "-c", code, address]
    with (folder / "fork-server.log").open("wb") as log:
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment, start_new_session=True
        )


class Server:
    """Forks, each with the connection of the program that waits for it."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener, self.environment = listener, early(dict(os.environ))
        self.clients: dict[int, tuple[socket.socket, int]] = {}  # by the file descriptor of the fork
        self.is_ready = False

    def serve(self) -> None:
        """Run programs until standard input is closed."""
        while True:
            connections = {client.fileno(): (client, pid) for client, pid in self.clients.values()}
            ready, *_ = select.select([0, self.listener, *self.clients, *connections], [], [])
            for one in ready:
                if one == 0:
                    return
                if one is self.listener:
                    self.accept()
                elif one in self.clients:
                    self.ended(one)
                elif one in connections:
                    self.signalled(*connections[one])

    def accept(self) -> None:
        """Fork for a program that was handed over."""
        client, _ = self.listener.accept()
        message, files, *_ = socket.recv_fds(client, 1 << 20, 3)
        while not message.endswith(b"\n"):
            if not (more := client.recv(1 << 20)):
                break
            message += more
        if not message.endswith(b"\n"):
            client.close()
            return
        request = json.loads(message)
        others = early(request["environment"]).items() ^ self.environment.items()
        if others:
            print("refused", request["arguments"], sorted({name for name, _ in others}), flush=True)
            client.sendall(REFUSED.encode())
            client.close()
        else:
            self.import_packages()
            if (pid := os.fork()) == 0:
                self.listener.close()
                client.close()
                for other, _ in self.clients.values():
                    other.close()
                for descriptor in self.clients:
                    os.close(descriptor)
                run(request, files)
            self.clients[os.pidfd_open(pid)] = client, pid
        for file in files:
            os.close(file)

    def import_packages(self) -> None:
        """Import what programs need, at the first of them."""
        if not self.is_ready:
            os.environ.update(SET_BEFORE_IMPORTS)
            for name in IMPORTED.split():
                importlib.import_module(name)
            gc.collect()
            gc.freeze()
            self.is_ready = True

    def ended(self, descriptor: int) -> None:
        """Tell a client how its program ended."""
        client, pid = self.clients.pop(descriptor)
        os.close(descriptor)
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(OSError):  # it is gone
            client.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        client.close()

    def signalled(self, client: socket.socket, pid: int) -> None:
        """Pass on the signals that a client got; a client that was killed takes its program with it."""
        if (client, pid) not in self.clients.values():  # it has ended
            return
        try:
            numbers = list(client.recv(16))
        except OSError:
            numbers = []
        for number in numbers:
            os.kill(pid, number)
        if not numbers:
            os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):  # before setsid
                os.killpg(pid, signal.SIGKILL)


def main() -> None:
    """Serve at the address of the command line."""
    (address,) = sys.argv[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(address)
        listener.listen(100)
        Server(listener).serve()


if __name__ == "__main__":
    main()

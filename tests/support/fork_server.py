"""A server that imports large packages once and runs Python programs in forks.

A stage needs 6 to 12 seconds to import torch, transformers and MLflow. A fork of a process that has imported them
starts at once. Each fork has its own folder, environment, files and exit status. The server imports no module of this
project: a fork imports them from its folder.

tests/support/programs is first on PATH in the repositories of tests. Its `python`, `dvc` and `mlflow` send programs to
the server. They start a real process if there is no server, or if the environment differs in a variable that packages
read at import. They forward signals. If such a client is killed, the server kills its fork.
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

ADDRESS = "CROSSFER_FORK_SERVER"  # environment variable: path of the socket
REFUSED = "refused"
PACKAGES = """
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
# Variables that may differ from the server's environment: packages read them after their import.
LATE_VARIABLES = {
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
# Read at the first computation.
LATE_VARIABLES |= {"ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS"}
LATE_VARIABLES |= {"MLFLOW_RUN_ID", "CROSSFER_CACHE", "HF_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
LATE_VARIABLES |= {"COLUMNS", "LINES"}  # pytest-xdist sets them in its workers
LATE_VARIABLES |= {"PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"}
LATE_PREFIXES = ("DVC_", "GIT_", "MLFLOW_TRACKING_", "MLFLOW_HTTP_")
# Variables that crossfer sets before it imports these packages.
SET_BEFORE_IMPORTS = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "TRANSFORMERS_VERBOSITY": "error",
}


def import_variables(environment: dict[str, str]) -> dict[str, str]:
    """Return the variables that packages may read at import.

    Those that crossfer sets are left out.
    """
    return {
        name: value
        for name, value in environment.items()
        if name not in LATE_VARIABLES and not name.startswith(LATE_PREFIXES) and SET_BEFORE_IMPORTS.get(name) != value
    }


def start(folder: Path, environment: dict[str, str]) -> subprocess.Popen:
    """Start a server with its socket in a folder; it ends with this process."""
    address = str(folder / "fork-server")
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import fork_server; fork_server.main()"
    command = [sys.executable, "-c", code, address]
    with (folder / "fork-server.log").open("wb") as log:
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment, start_new_session=True
        )


class Server:
    """Runs forks and serves the clients that wait for them."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener, self.environment = listener, import_variables(dict(os.environ))
        self.clients: dict[int, tuple[socket.socket, int]] = {}  # by the file descriptor of the fork
        self.is_ready = False

    def serve(self) -> None:
        """Run programs until standard input is closed."""
        while True:
            connections = {client.fileno(): (client, pid) for client, pid in self.clients.values()}
            readable, *_ = select.select([0, self.listener, *self.clients, *connections], [], [])
            for descriptor in readable:
                if descriptor == 0:
                    return
                if descriptor is self.listener:
                    self.accept()
                elif descriptor in self.clients:
                    self.report_exit(descriptor)
                elif descriptor in connections:
                    self.forward_signals(*connections[descriptor])

    def accept(self) -> None:
        """Fork for the program of a new client."""
        client, _ = self.listener.accept()
        message, files, *_ = socket.recv_fds(client, 1 << 20, 3)
        while not message.endswith(b"\n"):
            if not (chunk := client.recv(1 << 20)):
                break
            message += chunk
        if not message.endswith(b"\n"):
            client.close()
            return
        request = json.loads(message)
        differences = import_variables(request["environment"]).items() ^ self.environment.items()
        if differences:
            print("refused", request["arguments"], sorted({name for name, _ in differences}), flush=True)
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
        """Import the packages before the first fork."""
        if not self.is_ready:
            os.environ.update(SET_BEFORE_IMPORTS)
            for name in PACKAGES.split():
                importlib.import_module(name)
            gc.collect()
            gc.freeze()
            self.is_ready = True

    def report_exit(self, descriptor: int) -> None:
        """Send the exit status of a fork to its client."""
        client, pid = self.clients.pop(descriptor)
        os.close(descriptor)
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(OSError):  # the client has ended
            client.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        client.close()

    def forward_signals(self, client: socket.socket, pid: int) -> None:
        """Forward signals of a client to its fork; kill the fork if the client was killed."""
        if (client, pid) not in self.clients.values():  # the fork has ended
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
    """Serve at the address in the arguments."""
    (address,) = sys.argv[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(address)
        listener.listen(100)
        Server(listener).serve()


if __name__ == "__main__":
    main()

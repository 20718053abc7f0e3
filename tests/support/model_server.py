"""A server of a repository's compressed model: `mlflow models serve`."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from repository import Repository, runs


class ModelServer:
    """`mlflow models serve` of a repository's compressed model, on loopback."""

    def __init__(self, repository: Repository) -> None:
        (run,) = runs(repository.client(), "compress")
        model = run.outputs.model_outputs[0].model_id
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", f"models:/{model}"]
        command += ["--env-manager", "local", "--port", str(self.port), "--workers", "1"]
        environment = {**repository.environment, "MLFLOW_TRACKING_URI": f"sqlite:///{repository.folder}/mlflow.db"}
        self.log = repository.folder.parent / f"{repository.folder.name}.serve.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=repository.folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=5)
                return
            except OSError:
                time.sleep(1)
        raise AssertionError(self.log.read_text()[-3000:])

    def ask(self, body: bytes, content_type: str = "application/json") -> tuple[int, str]:
        """Send a request; return the status and the body of the response."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/invocations", body, {"Content-Type": content_type}
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def answers(self, contents: list) -> list[dict]:
        status, body = self.ask(records(*contents))
        assert status == 200, body
        return json.loads(body)["predictions"]

    def stop(self) -> None:
        import signal

        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def records(*contents):
    return json.dumps({"dataframe_records": [{"content": content} for content in contents]}).encode()

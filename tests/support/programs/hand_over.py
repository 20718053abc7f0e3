"""Run a program in the fork server; forward output, signals and exit status."""

import json
import os
import signal
import socket
import sys
from pathlib import Path

FORWARDED_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)


def main(python: str, *arguments: str) -> None:
    """Run `python` with these arguments."""
    status = None
    if arguments[:1] in (("-m",), ("-c",)):
        status = run_in_fork(arguments)
    if status is None:
        os.execv(python, [python, *arguments])
    sys.exit(status)


def run_in_fork(arguments: "tuple[str, ...]") -> "int | None":
    """Return the exit status, or None if the server does not run the program."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        try:
            server.connect(os.environ.get("CROSSFER_FORK_SERVER", ""))
        except OSError:
            return None
        for number in FORWARDED_SIGNALS:
            signal.signal(number, lambda number, _: server.send(bytes([number])))
        request = {"arguments": arguments, "folder": str(Path.cwd()), "environment": dict(os.environ)}
        message = json.dumps(request).encode() + b"\n"
        sent_bytes = socket.send_fds(server, [message], [0, 1, 2])
        if sent_bytes < len(message):
            server.sendall(message[sent_bytes:])
        answer = server.recv(16)
    for number in FORWARDED_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    if answer == b"refused":
        return None
    if not answer:
        sys.exit("the fork server has ended")
    status = int(answer)
    if status < 0:
        os.kill(os.getpid(), -status)
    return status


if __name__ == "__main__":
    main(*sys.argv[1:])

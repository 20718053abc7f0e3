"""Let the fork server run a Python program, and be as that is: its output, its signals and its exit status."""

import json
import os
import signal
import socket
import sys
from pathlib import Path

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)


def main(python: str, *arguments: str) -> None:
    """Run `python` with these arguments."""
    status = None
    if arguments[:1] in (("-m",), ("-c",)):
        status = handed_over(arguments)
    if status is None:
        os.execv(python, [python, *arguments])
    sys.exit(status)


def handed_over(arguments: "tuple[str, ...]") -> "int | None":
    """Return the exit status, or None where the server does not run the program."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        try:
            server.connect(os.environ.get("CROSSFER_FORK_SERVER", ""))
        except OSError:
            return None
        for number in PASSED_ON:
            signal.signal(number, lambda number, _: server.send(bytes([number])))
        request = {"arguments": arguments, "folder": str(Path.cwd()), "environment": dict(os.environ)}
        message = json.dumps(request).encode() + b"\n"
        sent = socket.send_fds(server, [message], [0, 1, 2])
        if sent < len(message):
            server.sendall(message[sent:])
        answer = server.recv(16)
    for number in PASSED_ON:
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

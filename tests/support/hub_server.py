"""A local server with the Hub's protocol for reading a public data set."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def serve_data_set(name: str, folder: Path) -> Iterator[str]:
    """Yield the address of a Hub whose only data set has the files of a folder."""
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    entries: list[dict[str, object]] = [
        {"type": "file", "path": file, "size": len(content), "oid": sha1(content).hexdigest()}
        for file, content in files.items()
    ]
    folders = {parent.as_posix() for file in files for parent in Path(file).parents} - {"."}
    entries += [{"type": "directory", "path": path, "size": 0, "oid": COMMIT} for path in sorted(folders)]

    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, content: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            headers = {"Content-Length": str(len(content)), **headers}
            for key, value in headers.items():
                self.send_header(key.replace("_", "-"), value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def answer_json(self, value: object) -> None:
            self.answer(200, json.dumps(value).encode(), Content_Type="application/json")

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path.startswith(f"/datasets/{name}/resolve/") and (content := files.get(path.split("/", 6)[6])):
                self.answer(200, content, ETag=f'"{sha1(content).hexdigest()}"', X_Repo_Commit=COMMIT)
            elif path.startswith(f"/api/datasets/{name}/tree/"):
                parent = path.removeprefix(f"/api/datasets/{name}/tree/").partition("/")[2]
                self.answer_json([entry for entry in entries if Path(entry["path"]).parent == Path(parent)])
            elif path.startswith(f"/api/datasets/{name}/paths-info/"):
                length = int(self.headers.get("Content-Length") or 0)
                query = self.rfile.read(length).decode()
                self.answer_json([entry for entry in entries if entry["path"] in query.replace("%2F", "/")])
            elif path in (f"/api/datasets/{name}", f"/api/datasets/{name}/revision/{COMMIT}"):
                siblings = [{"rfilename": file} for file in files]
                self.answer_json({"id": name, "sha": COMMIT, "siblings": siblings, "tags": [], "private": False})
            else:
                self.answer(404, b"{}", X_Error_Code="EntryNotFound" if "/resolve/" in path else "RepoNotFound")

        do_HEAD = do_POST = do_GET  # noqa: N815 - named by http.server

        def log_message(self, *arguments: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()

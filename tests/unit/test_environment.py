"""The digest of the installed packages changes when they do."""

import re
from importlib import metadata
from types import SimpleNamespace

from crossfer.tracking import environment


def test_packages_are_told_by_names_and_versions(monkeypatch):
    def found(*listed):
        made = [SimpleNamespace(name=name, version=version) for name, version in listed]
        monkeypatch.setattr(environment, "distributions", lambda: made)
        return environment.packages_digest()

    one = found(("torch", "2.13"), ("numpy", "2.4"), ("crossfer", "0.1"))
    assert re.fullmatch(r"[0-9a-f]{16}", one)
    assert (
        found(("numpy", "2.4"), ("Torch", "2.13")) == one
    )  # the order they are found in, and this project, say nothing
    assert found(("torch", "2.13.1"), ("numpy", "2.4")) != one
    assert found(("torch", "2.13")) != one


def test_the_packages_that_are_there():
    assert environment.packages_digest() == environment.packages_digest()
    assert any(one.name == "torch" for one in metadata.distributions())


def test_code_is_what_stages_run(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    digests = [environment.code_digest()]
    for name in ("stages/ingest.py", "crossfer/errors.py", "crossfer/comparison/templates/summary.html.j2"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
        digests.append(environment.code_digest())
    assert len({*digests}) == 4
    for name in ("crossfer/commands/cli.py", "crossfer/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1")
    assert environment.code_digest() == digests[-1]

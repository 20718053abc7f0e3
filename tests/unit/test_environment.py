"""Digests of installed packages and of code."""

import re
from importlib import metadata
from types import SimpleNamespace

from crossfer.tracking import environment


def test_packages_digest_depends_on_names_and_versions(monkeypatch):
    def digest(*packages):
        distributions = [SimpleNamespace(name=name, version=version) for name, version in packages]
        monkeypatch.setattr(environment, "distributions", lambda: distributions)
        return environment.packages_digest()

    expected = digest(("torch", "2.13"), ("numpy", "2.4"), ("crossfer", "0.1"))
    assert re.fullmatch(r"[0-9a-f]{16}", expected)
    assert digest(("numpy", "2.4"), ("Torch", "2.13")) == expected  # neither order nor this project counts
    assert digest(("torch", "2.13.1"), ("numpy", "2.4")) != expected
    assert digest(("torch", "2.13")) != expected


def test_packages_digest_of_this_environment():
    assert re.fullmatch(r"[0-9a-f]{16}", environment.packages_digest())
    assert any(package.name == "torch" for package in metadata.distributions())


def test_code_digest_depends_on_the_code_of_stages(tmp_path, monkeypatch):
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

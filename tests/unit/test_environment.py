"""What a result may depend on beside code and data: said in a few words that change when it does."""

import re
from importlib import metadata
from types import SimpleNamespace

from crossfer.tracking import environment


def test_packages_are_told_by_names_and_versions(monkeypatch):
    def found(*listed):
        made = [SimpleNamespace(name=name, version=version) for name, version in listed]
        monkeypatch.setattr(environment, "distributions", lambda: made)
        return environment.packages()

    one = found(("torch", "2.13"), ("numpy", "2.4"), ("crossfer", "0.1"))
    assert re.fullmatch(r"[0-9a-f]{16}", one)
    assert (
        found(("numpy", "2.4"), ("Torch", "2.13")) == one
    )  # the order they are found in, and this project, say nothing
    assert found(("torch", "2.13.1"), ("numpy", "2.4")) != one
    assert found(("torch", "2.13")) != one


def test_the_packages_that_are_there():
    assert environment.packages() == environment.packages()
    assert any(one.name == "torch" for one in metadata.distributions())


def test_what_outputs_were_made_with_is_kept_by_stage(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here, there = {"packages": "1", "processor": "x"}, {"packages": "1", "processor": "y"}
    assert environment.differences("finetune@news", here) == []
    environment.record("finetune@news", there)
    environment.record("evaluate@news", here)
    assert environment.differences("finetune@news", here) == ["processor"]
    assert environment.differences("evaluate@news", here) == []
    environment.record("finetune@news", here)
    assert environment.differences("finetune@news", here) == []

"""Trace reports an unreadable file as such, not as a failing tracking store."""

import pytest
from ruamel.yaml import YAML

from crossfer.commands import trace


def test_an_unreadable_file_raises_its_own_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outs = [{"path": "model", "md5": "0" * 32}]
    YAML().dump({"stages": {"finetune@x": {"cmd": "true", "outs": outs}}}, tmp_path / "dvc.lock")
    (tmp_path / "model").symlink_to("/proc/self/mem")  # reading its start is an I/O error, also for root
    with pytest.raises(OSError, match="Input/output error"):
        trace.run("model")

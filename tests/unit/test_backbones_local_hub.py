"""Backbones from folders and from the Hub are checked, and no pickle is read."""

import shutil

import pytest

from crossfer.backbones import PROVIDERS
from crossfer.errors import UserError

REVISION = "0123456789abcdef0123456789abcdef01234567"


def test_local_folder(tiny_backbone):
    assert PROVIDERS["local"](str(tiny_backbone)) == tiny_backbone


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (None, "does not exist; correct backbone.path in params.yaml"),
        ([], "has no config.json; use a Hugging Face model folder"),
        (["config.json", "pytorch_model.bin"], "has no .safetensors weights, and other formats can run code"),
    ],
)
def test_invalid_local_folders(tmp_path, files, expected):
    folder = tmp_path / "model"
    if files is not None:
        folder.mkdir()
        for name in files:
            (folder / name).write_text("{}")
    with pytest.raises(UserError, match=expected):
        PROVIDERS["local"](str(folder))


@pytest.fixture
def offline_hub(monkeypatch, tmp_path, tiny_backbone):
    """Put the tiny backbone into a Hugging Face cache, and be offline."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    repository = tmp_path / "models--someone--tiny"
    shutil.copytree(tiny_backbone, repository / "snapshots" / REVISION)
    (repository / "refs").mkdir()
    (repository / "refs/main").write_text(REVISION)


def test_hub_uses_its_cache(offline_hub):
    from transformers import AutoModelForSequenceClassification

    folder = PROVIDERS["hub"]("someone/tiny", REVISION)
    assert folder.name == REVISION
    assert AutoModelForSequenceClassification.from_pretrained(folder, num_labels=3).num_labels == 3


def test_hub_names_a_model_that_it_cannot_reach(offline_hub):
    with pytest.raises(
        UserError, match=r"backbone someone/other at .* is not in the Hugging Face cache, and the Hub cannot"
    ):
        PROVIDERS["hub"]("someone/other", REVISION)


def test_hub_refuses_invalid_names(offline_hub):
    with pytest.raises(UserError, match="cannot be downloaded from the Hugging Face Hub"):
        PROVIDERS["hub"]("a/b/c", REVISION)

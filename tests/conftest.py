"""Fixtures: tiny backbones, and repositories in which the real stages have run on them."""

import shutil
import socket
from pathlib import Path

import pandas as pd
import pytest
from repository import LANGUAGES, ROOT, VISION_SIZE, Repository


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that opens a connection to anything but this machine fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):  # type: ignore[index]
            raise AssertionError(f"a test opens a connection to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A randomly initialised BERT of two layers with a tokenizer of 500 pieces, as a Hugging Face folder."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-backbone")
    texts = [text for code in ("en", *LANGUAGES) for text in pd.read_csv(ROOT / f"data/probe/{code}.csv")["text"]]
    special = ["<pad>", "<s>", "</s>", "<unk>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=1500, special_tokens=special, show_progress=False)
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    names = {"pad_token": "<pad>", "cls_token": "<s>", "sep_token": "</s>", "unk_token": "<unk>"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)
    torch.manual_seed(7)  # another than the tests': weights made anew are others
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        pad_token_id=0,
    )
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_vision_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A randomly initialised MobileNetV2, a quarter as wide, as a Hugging Face folder."""
    import torch
    from transformers import MobileNetV2Config, MobileNetV2ForImageClassification, MobileNetV2ImageProcessorPil

    folder = tmp_path_factory.mktemp("tiny-vision-backbone")
    torch.manual_seed(7)
    config = MobileNetV2Config(image_size=VISION_SIZE, depth_multiplier=0.25, num_labels=7)
    MobileNetV2ForImageClassification(config).save_pretrained(folder)
    MobileNetV2ImageProcessorPil().save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory, tiny_backbone: Path) -> Repository:
    """The tiny repository after one `dvc repro`, committed. Tests that use it leave it as it is."""
    made = Repository(tmp_path_factory.mktemp("repository"), tiny_backbone)
    made.run("dvc", "repro")
    made.commit("reproduced")
    return made


@pytest.fixture
def tokenized(repository: Repository, tmp_path: Path, tiny_backbone: Path) -> Repository:
    """A tiny repository of its own in which the first three stages are done."""
    made = Repository(tmp_path, tiny_backbone)
    for name in ("raw", "clean", "tokens"):
        shutil.copytree(repository.folder / "data" / name, made.folder / "data" / name)
    return made


@pytest.fixture
def empty_repository(tmp_path: Path, tiny_backbone: Path) -> Repository:
    """The tiny repository before anything was run."""
    return Repository(tmp_path, tiny_backbone)

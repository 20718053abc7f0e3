"""Fixtures: tiny backbones, and repositories in which the stages have run."""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import fork_server
import pandas as pd
import pytest
from filelock import FileLock
from repository import (
    ENVIRONMENT,
    LANGUAGES,
    ROOT,
    VISION_SIZE,
    Repository,
    Tiny,
    tiny_params,
    tiny_vision_params,
)

SLOW = ROOT / "tests/integration"


def pytest_configure(config: pytest.Config) -> None:
    """Start the fork server, which all workers share.

    It imports nothing before the first program.
    """
    if not hasattr(config, "workerinput"):
        folder = Path(tempfile.mkdtemp(prefix="crossfer-tests-"))
        server = fork_server.start(folder, ENVIRONMENT)
        os.environ[fork_server.ADDRESS] = str(folder / "fork-server")

        def end() -> None:
            server.stdin.close()
            server.wait()
            shutil.rmtree(folder)

        config.add_cleanup(end)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder."""
    for item in items:
        if item.path.is_relative_to(SLOW):
            item.add_marker("slow")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that connects to another machine."""
    connect = socket.socket.connect

    def guarded_connect(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):  # type: ignore[index]
            raise AssertionError(f"a test opens a connection to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)


def build_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that one worker builds for all workers of this session."""
    top = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        top = top.parent  # which contains one folder per worker
    folder, marker = top / name, top / f"{name}.complete"
    with FileLock(top / f"{name}.lock"):
        if not marker.exists():
            shutil.rmtree(folder, ignore_errors=True)  # left by a failed worker
            folder.mkdir()
            make(folder)
            marker.touch()
    return folder


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A randomly initialized BERT of two layers, as a Hugging Face folder.

    Its tokenizer has 1,500 tokens.
    """
    return build_once(tmp_path_factory, "tiny-backbone", make_bert)


def make_bert(folder: Path) -> None:
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

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
    torch.manual_seed(7)  # differs from the seed of the tests, so the weights differ
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


@pytest.fixture(scope="session")
def tiny_vision_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A randomly initialised MobileNetV2, a quarter as wide, as a Hugging Face folder."""
    return build_once(tmp_path_factory, "tiny-vision-backbone", make_mobilenet)


def make_mobilenet(folder: Path) -> None:
    import torch
    from transformers import MobileNetV2Config, MobileNetV2ForImageClassification, MobileNetV2ImageProcessorPil

    torch.manual_seed(7)
    config = MobileNetV2Config(image_size=VISION_SIZE, depth_multiplier=0.25, num_labels=7)
    MobileNetV2ForImageClassification(config).save_pretrained(folder)
    MobileNetV2ImageProcessorPil().save_pretrained(folder)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's SQLite file without a run: building one takes seconds, copying it none."""

    def make(folder: Path) -> None:
        from mlflow import MlflowClient

        MlflowClient(f"sqlite:///{folder}/mlflow.db", f"sqlite:///{folder}/mlflow.db").search_experiments()

    return build_once(tmp_path_factory, "empty-store", make) / "mlflow.db"


@pytest.fixture
def tracking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_store: Path) -> Iterator[ModuleType]:
    """crossfer.tracking.run on a new empty store."""
    import mlflow

    from crossfer.tracking import run as tracking

    monkeypatch.chdir(tmp_path)
    shutil.copy(empty_store, "mlflow.db")
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    yield tracking
    mlflow.set_tracking_uri(None)


def reproduced(tmp_path_factory: pytest.TempPathFactory, name: str, backbone: Path, tiny: Tiny) -> Repository:
    """Return a repository after one `dvc repro`, committed."""

    def make(folder: Path) -> None:
        repository = Repository(folder, backbone, tiny)
        repository.run("dvc", "repro")
        repository.commit("reproduced")

    return Repository.at(build_once(tmp_path_factory, name, make))


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory, tiny_backbone: Path) -> Repository:
    """The tiny repository of texts after one `dvc repro`, committed.

    All tests share it. A test that changes it or runs DVC in it takes a copy (`Repository.copy_to`).
    """
    return reproduced(tmp_path_factory, "texts", tiny_backbone, tiny_params)


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory, tiny_vision_backbone: Path) -> Repository:
    """The tiny repository of digit images after one `dvc repro`, committed."""
    return reproduced(tmp_path_factory, "digits", tiny_vision_backbone, tiny_vision_params)


@pytest.fixture(scope="session")
def never_run(tmp_path_factory: pytest.TempPathFactory, tiny_backbone: Path) -> Repository:
    """The tiny repository of texts before any stage has run, shared by all tests."""

    def make(folder: Path) -> None:
        Repository(folder, tiny_backbone)

    return Repository.at(build_once(tmp_path_factory, "never-run", make))


@pytest.fixture
def empty_repository(never_run: Repository, tmp_path: Path) -> Repository:
    """A copy of the tiny repository before any run."""
    return never_run.copy_to(tmp_path)


@pytest.fixture
def tokenized(empty_repository: Repository, repository: Repository) -> Repository:
    """A copy of the tiny repository after the first three stages."""
    for name in ("raw", "clean", "tokens"):
        shutil.copytree(repository.folder / "data" / name, empty_repository.folder / "data" / name)
    return empty_repository

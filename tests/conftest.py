"""What several tests share: tiny models, and a DVC repository in which the real stages are run on one of them."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from stages.shared.params import Compute
from stages.shared.processor import LIMITED
from stages.sources.collection import Collection

if TYPE_CHECKING:
    from mlflow import MlflowClient

ROOT = Path(__file__).parent.parent
COMPUTE = Compute(device="cpu", threads=1, instructions="avx2")
LANGUAGES = ("zh", "sw")
STAGES = ["ingest", "preprocess", "tokenize", "finetune", "adapt", "evaluate", "stress", "compress"]
VISION_SIZE = 32  # pixels a side of what the tiny vision model sees


def whole(collection: Collection) -> pd.DataFrame:
    """All rows of a collection."""
    return pd.concat(collection.pieces, ignore_index=True)


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


def tiny_params(backbone: Path) -> dict:
    """tests/params.yaml, cut down: the task is the probe itself, English to two languages, on a tiny model."""
    params = YAML(typ="safe").load((ROOT / "tests/params.yaml").read_text(encoding="utf-8"))
    task = params["tasks"]["news"]
    task["source"] = {"domain": "en", "kind": "en", "provider": "news_probe"}
    task["targets"] = [{"domain": code, "kind": code, "provider": "news_probe"} for code in LANGUAGES]
    task["backbone"] = {"provider": "local", "path": str(backbone)}
    task["tokenize"] = {"max_length": 32, "prefix": "query: "}
    task["finetune"] |= {"freeze": 1, "epochs": 2, "batch_size": 8}
    task["evaluate"]["bootstrap"] = 200
    task["compress"]["tolerance"] = 0.99  # answers of a model that has learned next to nothing
    return {"compute": COMPUTE.model_dump(), "tasks": {"tiny": task}}


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


def tiny_vision_params(backbone: Path) -> dict:
    """tests/params_vision.yaml, cut down: a few of the MNIST digits, small, on a tiny model."""
    params = YAML(typ="safe").load((ROOT / "tests/params_vision.yaml").read_text(encoding="utf-8"))
    task = params["tasks"]["digits"]
    task["backbone"] = {"provider": "local", "path": str(backbone)}
    task["tokenize"] = {"size": VISION_SIZE}
    # So many epochs that 8 bits turn no answer, on whatever processor.
    task["finetune"] |= {"freeze": 2, "rows": 0.05, "epochs": 6, "min_steps": 0, "batch_size": 16}
    task["evaluate"] |= {"bootstrap": 200, "batch_size": 256}
    task["compress"] |= {"calibration": 32, "tolerance": 0.99}
    return {"compute": COMPUTE.model_dump(), "tasks": {"tiny": task}}


class Repository:
    """A DVC repository of its own, with this project's stages and tiny parameters."""

    def __init__(self, folder: Path, backbone: Path, tiny: Callable[[Path], dict] = tiny_params) -> None:
        self.folder = folder
        ours = ("MLFLOW_", "DVC_", *LIMITED)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**inherited, "PATH": programs, "HF_HUB_OFFLINE": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        for name in ("dvc.yaml", ".dvcignore", ".gitignore", "pyproject.toml", "requirements.lock"):
            shutil.copy(ROOT / name, folder / name)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "stages", folder / "stages", ignore=ignored)
        for name in ("data/probe", "data/outside"):
            shutil.copytree(ROOT / name, folder / name)
        (folder / "data/ladder").mkdir()
        shutil.copy(ROOT / "data/ladder/README.md", folder / "data/ladder")
        self.write_params(tiny(backbone))
        self.run("git", "init", "--quiet", "--initial-branch=main")
        self.run("git", "config", "user.email", "test@example.org")
        self.run("git", "config", "user.name", "test")
        self.run("dvc", "init", "--quiet")
        shutil.copy(ROOT / ".dvc/config", folder / ".dvc/config")
        self.commit("start")

    def copied(self, folder: Path, *without: str) -> "Repository":
        """A copy in a new folder, as files are there, but for those of these names."""
        shutil.copytree(self.folder, folder, symlinks=True, ignore=shutil.ignore_patterns(*without))
        return self._as_here(folder)

    def cloned(self, folder: Path) -> "Repository":
        """A clone of the last commit in a new folder."""
        self.run("git", "clone", "--quiet", str(self.folder), str(folder))
        return self._as_here(folder)

    def _as_here(self, folder: Path) -> "Repository":
        """The repository in another folder."""
        made = Repository.__new__(Repository)
        made.folder, made.environment = folder, self.environment
        return made

    def write_params(self, params: dict) -> None:
        YAML().dump(params, self.folder / "params.yaml")

    def run(self, *command: str, status: int = 0, **environment: str) -> str:
        """Run a command there; return what it printed, and check its exit status."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            encoding="utf-8",
        )
        assert done.returncode == status, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def started(self, *command: str, **options: Any) -> subprocess.Popen:
        """Start a command there, what it prints in pipes."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
        environment = {**self.environment, "PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(command, cwd=self.folder, env=environment, **{**pipes, **options})

    def stage(self, stage: str, task: str = "tiny", status: int = 0) -> str:
        return self.run(sys.executable, "-m", f"stages.{stage}", task, status=status)

    def lock(self) -> dict:
        """What dvc.lock says of the stages of the task; compare, of all tasks, has tests of its own."""
        stages = YAML(typ="safe").load((self.folder / "dvc.lock").read_text())["stages"]
        return {name: block for name, block in stages.items() if "@" in name}

    def guesses(self) -> pd.DataFrame:
        return pd.read_parquet(self.folder / "data/predictions/tiny.parquet")

    def client(self) -> "MlflowClient":
        """Of the store that the stages recorded in."""
        from mlflow import MlflowClient

        return MlflowClient(f"sqlite:///{self.folder}/mlflow.db")

    def commit(self, message: str) -> None:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", message)


def runs(client: "MlflowClient", stage: str | None = None) -> list:
    """The runs of the tiny task, or of a stage of it, the oldest first."""
    query = "tags.`crossfer.task` = 'tiny'" + (f" and tags.`crossfer.stage` = '{stage}'" if stage else "")
    experiment = client.get_experiment_by_name("crossfer")
    return client.search_runs([experiment.experiment_id], query, order_by=["attributes.start_time ASC"])


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

"""A DVC repository in a temporary folder that runs the stages on a tiny model."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from fork_server import ADDRESS
from ruamel.yaml import YAML

from crossfer.config.cpu import AVX2_VARIABLES
from crossfer.config.params import Compute
from crossfer.sources.base import Dataset

if TYPE_CHECKING:
    from mlflow import MlflowClient

ROOT = Path(__file__).parents[2]
COMPUTE = Compute(device="cpu", threads=1, instructions="avx2")
LANGUAGES = ("zh", "sw")
STAGES = ["ingest", "preprocess", "tokenize", "finetune", "adapt", "evaluate", "stress", "compress"]
HIDDEN = ("MAKE", "MLFLOW_", "DVC_", *AVX2_VARIABLES, ADDRESS)  # with MAKELEVEL, `make` prints more lines
PROGRAMS = ROOT / "tests/support/programs"
ENVIRONMENT = {  # of commands in repositories; read before an imported package changes it
    **{name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)},
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "HF_HUB_OFFLINE": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}
VISION_SIZE = 32  # pixels per side of the tiny vision model's input


def fork_variables() -> dict[str, str]:
    """Return the variables that make `python` and `dvc` forks of the fork server."""
    programs = f"{PROGRAMS}{os.pathsep}{ENVIRONMENT['PATH']}"
    return {"PATH": programs, "CROSSFER_PYTHON": sys.executable, ADDRESS: os.environ[ADDRESS]}


def read_all_rows(dataset: Dataset) -> pd.DataFrame:
    """Return all rows of a dataset."""
    return pd.concat(dataset.chunks, ignore_index=True)


def tiny_params(backbone: Path) -> dict:
    """Return params.yaml of a tiny text task: the probe, English to two languages."""
    params = YAML(typ="safe").load((ROOT / "tests/support/params.yaml").read_text(encoding="utf-8"))
    task = params["tasks"]["news"]
    task["source"] = {"domain": "en", "provider": "news_probe"}
    task["targets"] = [{"domain": code, "provider": "news_probe"} for code in LANGUAGES]
    task["backbone"] = {"provider": "local", "path": str(backbone)}
    task["tokenize"] = {"max_length": 32, "prefix": "query: "}
    task["finetune"] |= {"freeze": 1, "epochs": 2, "batch_size": 8}
    task["evaluate"]["bootstrap_samples"] = 200
    task["compress"]["max_disagreement"] = 0.99  # a barely trained model's predictions change easily
    return {"compute": COMPUTE.model_dump(), "tasks": {"tiny": task}}


def tiny_vision_params(backbone: Path) -> dict:
    """Return params.yaml of a tiny image task: a few small MNIST digits."""
    params = YAML(typ="safe").load((ROOT / "tests/support/params_vision.yaml").read_text(encoding="utf-8"))
    task = params["tasks"]["digits"]
    task["backbone"] = {"provider": "local", "path": str(backbone)}
    task["tokenize"] = {"size": VISION_SIZE}
    # Enough epochs that int8 changes no prediction on any processor.
    task["finetune"] |= {"freeze": 2, "train_fraction": 0.05, "epochs": 6, "min_steps": 0, "batch_size": 16}
    task["evaluate"] |= {"bootstrap_samples": 200, "batch_size": 256}
    task["compress"] |= {"calibration_rows": 32, "max_disagreement": 0.99}
    return {"compute": COMPUTE.model_dump(), "tasks": {"tiny": task}}


Tiny = Callable[[Path], dict]  # params.yaml of a tiny task, by its backbone


class Repository:
    """A new DVC repository with this project's stages and tiny parameters."""

    def __init__(self, folder: Path, backbone: Path, tiny: Tiny = tiny_params) -> None:
        self.folder = folder
        self.environment = ENVIRONMENT
        for name in ("dvc.yaml", ".dvcignore", ".gitattributes", ".gitignore", "pyproject.toml", "requirements.lock"):
            shutil.copy(ROOT / name, folder / name)
        ignored = shutil.ignore_patterns("__pycache__")
        for name in ("crossfer", "stages", "benchmarks"):
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        for name in ("data/probe", "data/out_of_distribution"):
            shutil.copytree(ROOT / name, folder / name)
        (folder / "data/ablation").mkdir()
        shutil.copy(ROOT / "data/ablation/README.md", folder / "data/ablation")
        self.write_params(tiny(backbone))
        self.run("git", "init", "--quiet", "--initial-branch=main")
        self.run("git", "config", "user.email", "test@example.org")
        self.run("git", "config", "user.name", "test")
        self.run("dvc", "init", "--quiet")
        shutil.copy(ROOT / ".dvc/config", folder / ".dvc/config")
        self.commit("start")

    def copy_to(self, folder: Path, *without: str) -> "Repository":
        """Return a copy in a new or empty folder, without the files of these names."""
        ignored = shutil.ignore_patterns(*without)
        shutil.copytree(self.folder, folder, symlinks=True, ignore=ignored, dirs_exist_ok=True)
        return Repository.at(folder)

    def clone_to(self, folder: Path) -> "Repository":
        """Return a clone of the last commit in a new folder."""
        self.run("git", "clone", "--quiet", str(self.folder), str(folder))
        return Repository.at(folder)

    @classmethod
    def at(cls, folder: Path) -> "Repository":
        """Return the repository that exists in a folder."""
        repository = cls.__new__(cls)
        repository.folder, repository.environment = folder, ENVIRONMENT
        return repository

    def write_params(self, params: dict) -> None:
        YAML().dump(params, self.folder / "params.yaml")

    def set_params(self, block: str, **options: object) -> None:
        """Change parameters in a block of the tiny task."""
        params = YAML(typ="safe").load(self.folder / "params.yaml")
        params["tasks"]["tiny"][block] |= options
        self.write_params(params)

    def run(self, *command: str, status: int = 0, **environment: str) -> str:
        """Run a command in the repository, check its exit status and return its output.

        `python` and `dvc` are forks of the fork server; sys.executable is a real process.
        """
        process = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **fork_variables(), **environment},
            capture_output=True,
            text=True,
            check=False,
            encoding="utf-8",
        )
        assert process.returncode == status, f"{command}\n{process.stdout}\n{process.stderr}"
        return process.stdout + process.stderr

    def start_process(self, *command: str, is_forked: bool = False, **options: Any) -> subprocess.Popen:
        """Start a command with piped output.

        `python` and `dvc` are real processes or forks.
        """
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
        environment = {**self.environment, **(fork_variables() if is_forked else {}), "PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(command, cwd=self.folder, env=environment, **{**pipes, **options})

    def stage(self, stage: str, task: str = "tiny", status: int = 0) -> str:
        return self.run("python", "-m", f"stages.{stage}", task, status=status)

    def crossfer(self, *arguments: str, status: int = 0, **environment: str) -> str:
        """Run the command line `crossfer`."""
        return self.run("python", "-m", "crossfer", *arguments, status=status, **environment)

    def lock(self) -> dict:
        """Return the stages of the task in dvc.lock, without compare."""
        stages = YAML(typ="safe").load((self.folder / "dvc.lock").read_text())["stages"]
        return {name: block for name, block in stages.items() if "@" in name}

    def predictions(self) -> pd.DataFrame:
        return pd.read_parquet(self.folder / "data/predictions/tiny.parquet")

    def client(self) -> "MlflowClient":
        """Return a client of the store in which the stages log."""
        from mlflow import MlflowClient

        return MlflowClient(f"sqlite:///{self.folder}/mlflow.db")

    def commit(self, message: str) -> None:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", message)


def runs(client: "MlflowClient", stage: str | None = None) -> list:
    """Return the runs of the tiny task, or of one of its stages, oldest first."""
    query = "tags.`crossfer.task` = 'tiny'" + (f" and tags.`crossfer.stage` = '{stage}'" if stage else "")
    experiment = client.get_experiment_by_name("crossfer")
    return client.search_runs([experiment.experiment_id], query, order_by=["attributes.start_time ASC"])

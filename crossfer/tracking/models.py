"""Log models to MLflow as code and files, without pickle."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import mlflow
import pandas as pd
from mlflow.entities import LoggedModelOutput, LoggedModelStatus
from mlflow.models import Model, ModelSignature
from mlflow.models.model import MLMODEL_FILE_NAME
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import Map

WEIGHT_PATTERNS = ("*.safetensors", "*.onnx.data")
PACKAGE_FOLDER = Path(__file__).parents[1]


@dataclass(frozen=True)
class ModelFormat:
    """A format in which models are logged."""

    code: Path  # loads and runs the model
    packages: Sequence[str]  # that the code needs in every modality


OUTPUTS = {  # of each content; a label or an error
    "label": DataType.string,
    "probability": DataType.double,
    "probabilities": Map(DataType.double),
    "error": DataType.string,
}

TORCH = ModelFormat(
    PACKAGE_FOLDER / "serving/pyfunc_torch.py",
    ("mlflow", "torch", "transformers", "safetensors", "numpy", "pandas", "scipy", "tqdm"),
)
ONNX = ModelFormat(PACKAGE_FOLDER / "serving/pyfunc_onnx.py", ("mlflow", "onnxruntime", "numpy", "pandas"))


@dataclass(frozen=True)
class ServedModel:
    """The files of a model, and what MLflow needs to serve it."""

    folder: Path  # as the stage writes it
    format: ModelFormat
    packages: Sequence[str]  # that the modality needs
    example: str | bytes  # one content
    config: Mapping[str, str] = field(default_factory=dict)  # options of the format's code

    def save(self, path: Path) -> None:
        """Write the model to a new folder in MLflow's format."""
        content = DataType.binary if isinstance(self.example, bytes) else DataType.string
        outputs = Schema([ColSpec(type_, name, required=False) for name, type_ in OUTPUTS.items()])
        packages = (*self.format.packages, *self.packages)
        mlflow.pyfunc.save_model(
            path=str(path),
            python_model=str(self.format.code),
            artifacts={"model": str(self.folder)},
            model_config=dict(self.config),
            code_paths=[str(PACKAGE_FOLDER)],
            signature=ModelSignature(Schema([ColSpec(content, "content")]), outputs),
            input_example=pd.DataFrame({"content": [self.example]}),
            pip_requirements=[f"{package}=={version(package).split('+')[0]}" for package in packages],
        )
        hardlink(_weights(self.folder), path / "artifacts" / self.folder.name)


def send_model(run_id: str, name: str, tags: Mapping[str, str], path: Path) -> None:
    """Log a model that `ServedModel.save` wrote as an output of a run, once."""
    client = mlflow.MlflowClient()
    run = client.get_run(run_id)
    experiment = run.info.experiment_id
    logged_models = client.search_logged_models([experiment], f"source_run_id = '{run_id}' AND name = '{name}'")
    logged_model = (
        logged_models[0]
        if logged_models
        else client.create_logged_model(experiment, name, run_id, dict(tags), run.data.params)
    )
    if logged_model.status == LoggedModelStatus.READY:
        return
    description = Model.load(str(path))
    description.model_id = description.model_uuid = logged_model.model_id
    description.artifact_path, description.run_id = logged_model.artifact_location, run_id
    description.save(str(path / MLMODEL_FILE_NAME))
    client.log_model_artifacts(logged_model.model_id, str(path))
    location = urlparse(logged_model.artifact_location)
    if location.scheme in ("", "file"):
        for folder in (path / "artifacts").iterdir():
            hardlink(_weights(folder), Path(url2pathname(location.path)) / "artifacts" / folder.name)
    if not (run.outputs and run.outputs.model_outputs):
        client.log_outputs(run_id, [LoggedModelOutput(logged_model.model_id, step=0)])
    client.finalize_logged_model(logged_model.model_id, LoggedModelStatus.READY)


def hardlink(files: Sequence[Path], copies: Path) -> None:
    """Replace copies of files by hard links, except on another file system."""
    for file in files:
        link = copies / f".{file.name}"
        try:
            os.link(file, link)
        except OSError:
            return
        link.replace(copies / file.name)


def _weights(folder: Path) -> list[Path]:
    return [file for pattern in WEIGHT_PATTERNS for file in folder.glob(pattern)]

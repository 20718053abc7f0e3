"""A model as MLflow keeps it: code and files, nothing pickled; `mlflow.pyfunc` loads it, and raw contents go in."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname

import mlflow
import pandas as pd
from mlflow.entities import LoggedModelOutput, LoggedModelStatus
from mlflow.models import Model, ModelSignature
from mlflow.models.model import MLMODEL_FILE_NAME
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import Map

WEIGHTS = ("*.safetensors", "*.onnx.data")
LIBRARY = Path(__file__).parents[1]


@dataclass(frozen=True)
class Form:
    """What a model is logged as.

    Attributes:
        code: the file that serves it.
        packages: what has to be installed for that, beside what the modality needs.
        may_fail: a content that cannot be classified has an error instead of a label.
    """

    code: Path
    packages: Sequence[str]
    may_fail: bool

    def outputs(self) -> Schema:
        """The columns of its answers."""
        kinds = {"label": DataType.string, "probability": DataType.double, "probabilities": Map(DataType.double)}
        columns = [ColSpec(kind, name, required=not self.may_fail) for name, kind in kinds.items()]
        return Schema([*columns, *([ColSpec(DataType.string, "error", required=False)] if self.may_fail else [])])


TORCH = Form(
    LIBRARY / "serving/pyfunc_torch.py",
    ("mlflow", "torch", "transformers", "safetensors", "numpy", "pandas", "scipy", "tqdm"),
    may_fail=False,
)
ONNX = Form(LIBRARY / "serving/pyfunc_onnx.py", ("mlflow", "onnxruntime", "numpy", "pandas"), may_fail=True)


def save(
    place: Path,
    folder: Path,
    form: Form,
    packages: Sequence[str],
    example: Any,
    config: Mapping[str, Any] | None = None,
) -> None:
    """Make of the model in `folder` one of MLflow's, in the new folder `place`. No store is asked.

    Args:
        place: what is made. Its weights are hard links to those of `folder`, where the file system has links.
        folder: as the stage writes it.
        form: what it is served by.
        packages: what its modality needs installed.
        example: one content.
        config: what the file that serves it is told.
    """
    content = DataType.binary if isinstance(example, bytes) else DataType.string
    mlflow.pyfunc.save_model(
        path=str(place),
        python_model=str(form.code),
        artifacts={"model": str(folder)},
        model_config=dict(config or {}),
        code_paths=[str(LIBRARY)],
        signature=ModelSignature(Schema([ColSpec(content, "content")]), form.outputs()),
        input_example=pd.DataFrame({"content": [example]}),
        pip_requirements=[f"{package}=={version(package).split('+')[0]}" for package in (*form.packages, *packages)],
    )
    hardlink(_weights(folder), place / "artifacts" / folder.name)


def send(run_id: str, name: str, tags: Mapping[str, str], place: Path) -> None:
    """Let the store have the model that `save` made in `place`, as an output of a run; once, however often sent."""
    client = mlflow.MlflowClient()
    run = client.get_run(run_id)
    (experiment, own) = (run.info.experiment_id, f"source_run_id = '{run_id}' AND name = '{name}'")
    found = client.search_logged_models([experiment], own)
    logged = found[0] if found else client.create_logged_model(experiment, name, run_id, dict(tags), run.data.params)
    if logged.status == LoggedModelStatus.READY:
        return
    described = Model.load(str(place))
    described.model_id = described.model_uuid = logged.model_id
    described.artifact_path, described.run_id = logged.artifact_location, run_id
    described.save(str(place / MLMODEL_FILE_NAME))
    client.log_model_artifacts(logged.model_id, str(place))
    location = urlparse(logged.artifact_location)
    if location.scheme in ("", "file"):
        for original in (place / "artifacts").iterdir():
            copy = Path(url2pathname(location.path)) / "artifacts" / original.name
            hardlink(_weights(original), copy)
    if not (run.outputs and run.outputs.model_outputs):
        client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)


def hardlink(files: Sequence[Path], copies: Path) -> None:
    """Replace the copies of files in a folder by hard links to them, where the file system has links."""
    for original in files:
        link = copies / f".{original.name}"
        try:
            os.link(original, link)
        except OSError:  # another file system: the copies stay
            return
        link.replace(copies / original.name)


def _weights(folder: Path) -> list[Path]:
    """Return the files of weights in a folder."""
    return [file for pattern in WEIGHTS for file in folder.glob(pattern)]

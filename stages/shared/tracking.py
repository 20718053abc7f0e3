"""Runs in MLflow. What is recorded mirrors the reports; no output of a stage depends on it.

A run is found by content: finetune tags its run with the digest of the model that it wrote, and evaluate looks for its
parent by that digest. The digests are those of dvc.lock. With store.py and registry.py, and the two files that are
logged with models, this is the only module that imports mlflow.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname

from stages.shared import store  # first: MLflow reads its settings when it is imported

# isort: split
import mlflow
import pandas as pd
from mlflow.data.dataset_source_registry import get_dataset_source_from_json
from mlflow.entities import RunStatus
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import Map
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from stages.shared import environment, hashing
from stages.shared.errors import UserError
from stages.shared.nested import flat

WEIGHTS = ("*.safetensors", "*.onnx.data")
STAGE, TASK, MODEL_DIGEST, COMMIT = "crossfer.stage", "crossfer.task", "crossfer.model_digest", "crossfer.git_commit"
INPUT, DIRTY, DVC_EXPERIMENT = "crossfer.input.", "crossfer.git_dirty", "crossfer.dvc_experiment"
LADDER, GROUP = "crossfer.ladder", "crossfer.group"
OUTPUT = "crossfer.output."
PACKAGES, PROCESSOR = "crossfer.packages", "crossfer.processor"


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


STAGES = Path(__file__).parent.parent
WHOLE = Form(
    STAGES / "shared/served_model.py",
    ("mlflow", "torch", "transformers", "safetensors", "numpy", "pandas", "scipy", "tqdm"),
    may_fail=False,
)
SMALL = Form(STAGES / "serving/served_model.py", ("mlflow", "onnxruntime", "numpy", "pandas"), may_fail=True)

# What decides a result beside the data: a run says whether any of it differs from the commit.
CODE = ("stages", "params.yaml", "dvc.yaml", "pyproject.toml", "requirements.lock")


class Run:
    """An open run: everything that a stage records goes through it."""

    def __init__(self, run_id: str, parent: str | None) -> None:
        self.id, self.parent = run_id, parent

    def parameters(self, parameters: Mapping[str, Any]) -> None:
        """Log parameters, nested ones by dotted name."""
        mlflow.log_params(flat(parameters))

    def metrics(self, step: int, metrics: Mapping[str, float], model_id: str | None = None) -> None:
        """Log numbers at a step; with `model_id`, on that model's page as well."""
        mlflow.log_metrics(dict(metrics), step=step, model_id=model_id)

    def dataset(self, name: str, rows: pd.DataFrame, path: Path, digest: str, context: str) -> None:
        """Log that `rows`, the table at `path`, were used, and what for."""
        source = get_dataset_source_from_json(json.dumps({"uri": path.as_posix()}), "local")
        dataset = mlflow.data.from_pandas(rows, source=source, name=name, digest=digest)
        mlflow.log_input(dataset, context=context)

    def files(self, paths: Sequence[Path]) -> None:
        """Log files."""
        for path in paths:
            mlflow.log_artifact(str(path))

    def wrote(self, *paths: Path) -> None:
        """Say that this run wrote these outputs, files or folders, by the digests that dvc.lock will have of them."""
        mlflow.set_tags({OUTPUT + path.as_posix(): hashing.digest(path) for path in paths})

    def tag_model(self, digest: str) -> None:
        """Say that this run wrote the model of that digest: evaluate finds it by this."""
        mlflow.set_tag(MODEL_DIGEST, digest)

    def model(
        self,
        name: str,
        folder: Path,
        digest: str,
        form: Form,
        packages: Sequence[str],
        example: Any,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        """Log the model in `folder` such that `mlflow.pyfunc.load_model` gives one that takes raw contents.

        It is logged as code and files, nothing pickled. In a store on this disk its weights are a hard link to the
        folder's, so that they are kept once.

        Args:
            name: of the model.
            folder: as the stage writes it.
            digest: of the folder.
            form: what it is served by.
            packages: what its modality needs installed.
            example: one content.
            config: what the file that serves it is told.
        """
        content = DataType.binary if isinstance(example, bytes) else DataType.string
        logged = mlflow.pyfunc.log_model(
            name=name,
            python_model=str(form.code),
            artifacts={"model": str(folder)},
            model_config=dict(config or {}),
            code_paths=["stages"],
            signature=ModelSignature(Schema([ColSpec(content, "content")]), form.outputs()),
            input_example=pd.DataFrame({"content": [example]}),
            pip_requirements=[
                f"{package}=={version(package).split('+')[0]}" for package in (*form.packages, *packages)
            ],
            tags={MODEL_DIGEST: digest},
        )
        location = mlflow.get_logged_model(logged.model_id).artifact_location
        if urlparse(location).scheme in ("", "file"):
            _share(folder, Path(url2pathname(urlparse(location).path)) / "artifacts" / folder.name)

    def adopt(self, model_digest: str, place: str) -> dict[str, float]:
        """Put the run that wrote a model below this one, with its place on the ladder, and say what the model cost.

        Returns:
            What its finetune and its evaluate logged as metrics, by their last values, and `seconds`: how long
            finetune's run took.

        Raises:
            UserError: the store does not know the model.
        """
        experiment = mlflow.get_run(self.id).info.experiment_id
        ids = [_newest(experiment, stage, MODEL_DIGEST, model_digest) for stage in ("finetune", "evaluate")]
        if None in ids:
            raise UserError(
                f"the tracking store has no runs that wrote and scored model {model_digest} ({place}), which DVC's"
                " cache has; record in the store that has them, or remove the model from the cache: dvc gc."
            )
        finetune, evaluate = map(mlflow.get_run, ids)
        for tag, value in ((MLFLOW_PARENT_RUN_ID, self.id), (LADDER, place)):
            mlflow.MlflowClient().set_tag(finetune.info.run_id, tag, value)
        seconds = (finetune.info.end_time - finetune.info.start_time) / 1000
        return {**evaluate.data.metrics, **finetune.data.metrics, "seconds": seconds}

    def parents_model(self) -> str | None:
        """Id of the model that the parent run logged."""
        if self.parent is None:
            return None
        outputs = mlflow.get_run(self.parent).outputs
        return outputs.model_outputs[0].model_id if outputs and outputs.model_outputs else None


@contextmanager
def tracked(
    stage: str,
    task: str | None,
    inputs: Mapping[str, str],
    model_digest: str | None = None,
    group: str | None = None,
) -> Iterator[Run]:
    """Open the run of a stage; it ends as failed if the block raises.

    Args:
        stage: the stage's name.
        task: the task's name; None for a stage of all tasks.
        inputs: path and digest of everything that the stage read.
        model_digest: of the model that the stage read; the run becomes a child of the run that wrote it.
        group: what others shall lie below this run for; the newest run of that group is gone on with.

    Raises:
        UserError: the store cannot be used; said before any work.
    """
    inherited = os.environ.pop("MLFLOW_RUN_ID", None)  # it would win over the parent that is set here
    tags = {STAGE: stage, **_code_tags(), PACKAGES: environment.packages(), PROCESSOR: environment.processor()}
    tags |= {INPUT + path: digest for path, digest in inputs.items()}
    if task is not None:
        tags[TASK] = task
    parent = begun = None
    try:
        try:
            experiment = store.experiment()
            if model_digest is not None:
                tags[MODEL_DIGEST] = model_digest
                parent = _newest(experiment, "finetune", MODEL_DIGEST, model_digest)
            if group is not None:
                tags[GROUP] = group
                begun = _newest(experiment, stage, GROUP, group)
            name = stage if task is None else f"{stage}/{task}"
            run = mlflow.start_run(begun, experiment, run_name=name, parent_run_id=parent, tags=tags)
        except store.FAILURES:
            raise UserError(store.unusable()) from None
        with run:
            try:
                yield Run(run.info.run_id, parent)
            except BaseException:
                mlflow.end_run(RunStatus.to_string(RunStatus.FAILED))
                raise
    finally:
        if inherited is not None:
            os.environ["MLFLOW_RUN_ID"] = inherited


def recorded(address: str, stage: str, task: str) -> dict[str, float]:
    """The metrics of the newest run of a stage on a task, in the store of that address."""
    client = mlflow.MlflowClient(address)
    experiment = client.get_experiment_by_name(store.EXPERIMENT).experiment_id
    return dict(client.get_run(_newest(experiment, stage, TASK, task, client)).data.metrics)


def _newest(experiment: str, stage: str, tag: str, value: str, client: mlflow.MlflowClient | None = None) -> str | None:
    """Id of the newest run of a stage whose tag has that value, in the store in use unless said; None if none."""
    query = f"tags.`{tag}` = '{value}' and tags.`{STAGE}` = '{stage}'"
    runs = (client or mlflow.MlflowClient()).search_runs([experiment], query, max_results=1)
    return runs[0].info.run_id if runs else None


def _code_tags() -> dict[str, str]:
    """The commit, whether code or parameters differ from it, and the name of the DVC experiment if this is one."""
    tags = {COMMIT: _git("rev-parse", "HEAD") or "none"}
    tags[DIRTY] = str(bool(_git("status", "--porcelain", "--", *CODE))).lower()
    if name := os.environ.get("DVC_EXP_NAME"):
        tags[DVC_EXPERIMENT] = name
    return tags


def _git(*arguments: str) -> str:
    """What git prints; nothing where there is no repository."""
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False).stdout.strip()


def _share(folder: Path, copy: Path) -> None:
    """Replace the weights in `copy`, which were just copied from `folder`, by hard links, where the disk has them."""
    for original in (file for pattern in WEIGHTS for file in folder.glob(pattern)):
        link = copy / f".{original.name}"
        try:
            os.link(original, link)
        except OSError:  # another file system: the copy stays
            return
        link.replace(copy / original.name)

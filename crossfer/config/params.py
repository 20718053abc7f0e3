"""The schema of params.yaml, which is checked before any work.

Keys that decide a result have no default, except those of a domain.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from crossfer.config import cpu
from crossfer.config.any_domain import AnyImageDomain, AnyTextDomain
from crossfer.config.backbones import Backbone, ImageBackbone, TextBackbone
from crossfer.config.domains import ImageDomain, TextDomain
from crossfer.config.error_messages import describe_mistakes
from crossfer.config.experiments import check_experiment
from crossfer.config.fields import Block, PathText, TaskName
from crossfer.config.finetune_options import FinetuneImages, FinetuneTexts
from crossfer.config.scoring_options import Evaluate, StressImages, StressTexts
from crossfer.config.stage_options import (
    CompressImages,
    CompressTexts,
    PreprocessImages,
    PreprocessTexts,
    TokenizeImages,
    TokenizeTexts,
)
from crossfer.config.task_checks import find_mistakes
from crossfer.config.yaml_file import read_yaml
from crossfer.errors import UserError, shorten

PARAMS = Path("params.yaml")


class Compute(Block):
    """The device, the threads and the instruction set of all stages."""

    device: Literal["cpu", "cuda", "auto"]
    threads: Annotated[int, Field(ge=1, le=1024, description="a whole number from 1 to 1024")]
    instructions: Literal["avx2", "native"]


class Task(Block):
    """A classification task: its data, its backbone, and the options of each stage."""

    modality: str
    files: PathText
    source: TextDomain | ImageDomain
    targets: Sequence[TextDomain | ImageDomain]
    backbone: Backbone
    preprocess: PreprocessTexts | PreprocessImages
    tokenize: TokenizeTexts | TokenizeImages
    finetune: FinetuneTexts | FinetuneImages
    evaluate: Evaluate
    stress: StressTexts | StressImages
    compress: CompressTexts | CompressImages

    @model_validator(mode="after")
    def check_domains(self) -> "Task":
        """Check the names, shots and paths of all domains together."""
        if mistakes := list(find_mistakes(self.files, self.source, self.targets, self.compress.paths)):
            raise ValueError(*mistakes)  # describe_mistakes lists each argument
        return self

    @property
    def domains(self) -> list[TextDomain | ImageDomain]:
        """Return the source, then the targets in their order."""
        return [self.source, *self.targets]


class TextTask(Task):
    """A task that classifies texts."""

    modality: Literal["text"]
    source: AnyTextDomain
    targets: Annotated[list[AnyTextDomain], Field(description="a list of domains")]
    backbone: TextBackbone
    preprocess: PreprocessTexts
    tokenize: TokenizeTexts
    finetune: FinetuneTexts
    stress: StressTexts
    compress: CompressTexts


class VisionTask(Task):
    """A task that classifies images."""

    modality: Literal["vision"]
    source: AnyImageDomain
    targets: Annotated[list[AnyImageDomain], Field(description="a list of domains")]
    backbone: ImageBackbone
    preprocess: PreprocessImages
    tokenize: TokenizeImages
    finetune: FinetuneImages
    stress: StressImages
    compress: CompressImages


AnyTask = Annotated[TextTask | VisionTask, Field(discriminator="modality", description="a mapping with a modality")]


class Params(Block):
    """The contents of params.yaml."""

    compute: Compute
    tasks: Annotated[dict[TaskName, AnyTask], Field(min_length=1, description="a mapping of one or more tasks")]
    defaults: Annotated[dict[str, Any], Field(default_factory=dict, description="a mapping of blocks that tasks merge")]


def load_params(path: Path = PARAMS) -> Params:
    """Read and check params.yaml.

    Like DVC, read YAML 1.2: `no` is a text, `1e-4` a number.

    Raises:
        UserError: the file is missing or not YAML, or has mistakes; the message lists them. Keys that contradict each
            other are listed once each of them is valid.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist; run the command in the top folder of the repository.")
    content, root = read_yaml(path)
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        mistakes = describe_mistakes(error, Params, root)
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise UserError(f"{path} has {count}:\n" + "\n".join(f"  {mistake}" for mistake in mistakes)) from error


def load_task(name: str) -> tuple[Task, Compute]:
    """Return a task of params.yaml and `compute`, and limit the instruction set.

    Raises:
        UserError: params.yaml has mistakes, or no such task.
    """
    params = load_params()
    cpu.limit_instruction_set(params.compute.instructions)  # nothing has been computed yet
    if name not in params.tasks:
        raise UserError(f"task {shorten(name)} is not in {PARAMS}; choose one of {', '.join(params.tasks)}.")
    check_experiment(PARAMS, name)
    if missing := [path for path in params.tasks[name].compress.paths if not Path(path).is_file()]:
        raise UserError(
            f"compress.unlabelled_texts of task {name} is {missing[0]}, which is no file; correct the path."
        )
    return params.tasks[name], params.compute


def load_text_task(name: str) -> tuple[TextTask, Compute]:
    """Return a task of texts and `compute`, for commands that support no images.

    Raises:
        UserError: as `load_task`, or the task has another modality.
    """
    task, compute = load_task(name)
    if not isinstance(task, TextTask):
        raise UserError(f"task {name} has modality {task.modality}; choose a task of texts for this command.")
    return task, compute

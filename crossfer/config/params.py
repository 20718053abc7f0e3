"""The schema of params.yaml: what may stand there, checked whole before any work, all mistakes reported at once.

What decides a result stands in params.yaml: no key has a default, but those of a domain that say what is left as it is.
The `description` of a field says what is allowed there, in the words that complete "found 7, allowed is ...".
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from crossfer.config import cpu
from crossfer.config.backbones import Backbone, TextBackbone, VisionBackbone
from crossfer.config.domains import AnyImageDomain, AnyTextDomain, ImageDomain, TextDomain
from crossfer.config.error_messages import describe_all
from crossfer.config.fields import NAME_RULE, Block, Name, Text
from crossfer.config.scoring_options import Evaluate, Stress, StressPictures, StressTexts
from crossfer.config.stage_options import (
    Compress,
    CompressTexts,
    Finetune,
    FinetunePictures,
    FinetuneTexts,
    Preprocess,
    PreprocessPictures,
    PreprocessTexts,
    Tokenize,
    TokenizePictures,
)
from crossfer.errors import UserError

PARAMS = Path("params.yaml")


class Compute(Block):
    """The machine that the work is given."""

    device: Literal["cpu", "cuda", "auto"]
    threads: Annotated[int, Field(ge=1, le=1024, description="a whole number from 1 to 1024")]
    instructions: Literal["avx2", "native"]


class Task(Block):
    """One learning problem: where its data and backbone come from, and what each stage does with them."""

    modality: str
    files: Text
    source: TextDomain | ImageDomain
    targets: Sequence[TextDomain | ImageDomain]
    backbone: Backbone
    preprocess: Preprocess
    tokenize: Block
    finetune: Finetune
    evaluate: Evaluate
    stress: Stress
    compress: Compress

    @model_validator(mode="after")
    def names_differ(self) -> "Task":
        """A domain's name is its own, since it names files."""
        names = [block.domain for block in self.domains]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"domain {', '.join(twice)} is named more than once; give each domain its own name")
        return self

    @model_validator(mode="after")
    def shots_are_of_targets(self) -> "Task":
        """The source is trained on whole."""
        if self.source.shots is not None:
            raise ValueError(
                f"domain {self.source.domain} has shots ({self.source.shots}), and is the source, which is trained on"
                " whole; take them out, or set finetune.train_fraction to a share"
            )
        return self

    @model_validator(mode="after")
    def files_hold_what_is_read(self) -> "Task":
        """What `dvc repro` does not watch could change unnoticed."""
        watched = Path(os.path.abspath(self.files))  # noqa: PTH100 - a link stays what it is called
        readers = {f"domain {block.domain}": block.paths for block in self.domains} | {"compress": self.compress.paths}
        for reader, paths in readers.items():
            for path in paths:
                if ".." in path.partition("*")[2] or not Path(os.path.abspath(path)).is_relative_to(watched):  # noqa: PTH100
                    raise ValueError(
                        f"{reader} reads {path}, which is not in files ({self.files}), so `dvc repro`"
                        " would not watch it; name as files a file or folder that holds all that is read"
                    )
        return self

    @property
    def domains(self) -> list[TextDomain | ImageDomain]:
        """The source, then the targets in their order."""
        return [self.source, *self.targets]


class TextTask(Task):
    """A task whose contents are texts."""

    modality: Literal["text"]
    source: AnyTextDomain
    targets: Annotated[list[AnyTextDomain], Field(description="a list of domains")]
    backbone: TextBackbone
    preprocess: PreprocessTexts
    tokenize: Tokenize
    finetune: FinetuneTexts
    stress: StressTexts
    compress: CompressTexts


class VisionTask(Task):
    """A task whose contents are pictures."""

    modality: Literal["vision"]
    source: AnyImageDomain
    targets: Annotated[list[AnyImageDomain], Field(description="a list of domains")]
    backbone: VisionBackbone
    preprocess: PreprocessPictures
    tokenize: TokenizePictures
    finetune: FinetunePictures
    stress: StressPictures


AnyTask = Annotated[TextTask | VisionTask, Field(discriminator="modality", description="a mapping with a modality")]


class Params(Block):
    """All of params.yaml."""

    compute: Compute
    tasks: Annotated[dict[Name, AnyTask], Field(min_length=1, description="a mapping of one task or more")]


def load_params(path: Path = PARAMS) -> Params:
    """Read and check params.yaml.

    YAML is read as DVC reads it (YAML 1.2: `no` is a text, `1e-4` a number).

    Raises:
        UserError: the file is missing, is no YAML, or has mistakes; the message lists all of them.
    """
    if not path.is_file():
        raise UserError(f"{path} is not there; run this in the repository's top folder.")
    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"{path} is not valid YAML, line {line}: {error.problem}.") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid YAML in UTF-8: {error}.") from error
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        schema = Params.model_json_schema()
        mistakes = describe_all(error.errors(include_url=False), schema, NAME_RULE)
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise UserError(f"{path} has {count}:\n" + "\n".join(f"  {mistake}" for mistake in mistakes)) from None


def load_task(name: str) -> tuple[Task, Compute]:
    """Read params.yaml and return the block of one task, and the machine that it runs on.

    Libraries get to know which instructions they may use: here, since nothing has been computed yet.

    Raises:
        UserError: params.yaml has mistakes, or no such task.
    """
    params = load_params()
    cpu.limit_instruction_set(params.compute.instructions)
    if name not in params.tasks:
        raise UserError(f"task {name!r} is not in {PARAMS}; its tasks are: {', '.join(params.tasks)}.")
    return params.tasks[name], params.compute


def load_text_task(name: str) -> tuple[TextTask, Compute]:
    """The same, for what exists of texts alone.

    Raises:
        UserError: as `load_task`, or the task is of something else.
    """
    task, compute = load_task(name)
    if not isinstance(task, TextTask):
        raise UserError(f"task {name} is of {task.modality}, this is made for texts alone; name a task of texts.")
    return task, compute

"""The blocks of params.yaml that say what each stage does with a task's data and backbone."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from crossfer.config.fields import Block, Count, Rate, Rule, Seed, Share
from crossfer.config.personal_data import KINDS


class Preprocess(Block):
    """What is dropped, and how the source is split."""

    min_size: Count
    max_dropped: Share
    validation: Rate
    test: Rate
    seed: Seed

    @model_validator(mode="after")
    def leaves_training_rows(self) -> "Preprocess":
        """Validation and test do not take all rows."""
        if self.validation + self.test >= 1:
            raise ValueError(
                f"validation {self.validation} and test {self.test} leave no training rows; their sum must be below 1"
            )
        return self

    def of_the_modality(self) -> dict[str, Any]:
        """What only the modality understands: how it cleans a content."""
        return self.model_dump(exclude={*Preprocess.model_fields, "scrub"})

    @property
    def personal_data(self) -> list[str]:
        """Kinds of personal data that are replaced before rows are written."""
        return []


def _kinds(value: Any) -> list[str]:
    """Return the kinds of personal data to take out, in the order in which they are searched."""
    if value in ("all", "none"):
        return list(KINDS) if value == "all" else []
    if isinstance(value, list) and value and all(kind in KINDS for kind in value):
        return [kind for kind in KINDS if kind in value]
    raise ValueError


class PreprocessTexts(Preprocess):
    """The same, and which personal data is taken out."""

    scrub: Annotated[list[str], Rule(_kinds, f"all, none, or a list of some of {', '.join(KINDS)}")]

    @property
    def personal_data(self) -> list[str]:
        """Kinds of personal data that are replaced before rows are written."""
        return self.scrub


class PreprocessPictures(Preprocess):
    """The same, and the one form that pictures are brought to."""

    frame: Literal["ink", "whole"]
    size: Annotated[int, Field(ge=8, le=4096, description="a whole number of pixels from 8 to 4096")]


class Tokenize(Block):
    """How a text becomes the model's input."""

    max_length: Annotated[int, Field(ge=8, le=8192, description="a whole number of tokens from 8 to 8192")]
    prefix: Annotated[str, Field(description="a text, '' for none")]


class TokenizePictures(Block):
    """How a picture becomes the model's input."""

    size: Annotated[int, Field(ge=8, le=1024, description="a whole number of pixels from 8 to 1024")]


class Compress(Block):
    """How the model is made small."""

    calibration: Count
    tolerance: Share
    seed: Seed

    def of_the_modality(self) -> dict[str, Any]:
        """What only the modality understands: how a smaller network is made of the model."""
        return self.model_dump(exclude=set(Compress.model_fields))

    @property
    def distills(self) -> bool:
        """Whether a student with fewer layers is trained first."""
        return False

    @property
    def paths(self) -> list[str]:
        """What it reads on this disk and params.yaml names."""
        return []


def _layers(value: Any) -> int | str:
    """Return the number of layers of a student."""
    if value == "all" or (type(value) is int and value >= 1):
        return value
    raise ValueError


class CompressTexts(Compress):
    """The same, and how many layers a student has, `all` for none; and what it learns from beside the source's rows."""

    layers: Annotated[int | str, Rule(_layers, "all, or a whole number of layers from 1 on")]
    unlabelled: Annotated[str, Field(min_length=1, description="none, or the path of a file with a text a line")]

    @property
    def distills(self) -> bool:
        """Whether a student with fewer layers is trained first."""
        return self.layers != "all"

    @property
    def paths(self) -> list[str]:
        """The file of texts, where there is a student to read it."""
        return [self.unlabelled] if self.distills and self.unlabelled != "none" else []


def _part(value: Any) -> int | str:
    """Return the part that is frozen."""
    if value in ("none", "backbone") or (type(value) is int and value >= 0):
        return value
    raise ValueError


class Finetune(Block):
    """How the model is trained."""

    weights: Literal["pretrained", "random"]
    rows: Annotated[float, Field(gt=0, le=1, description="a share above 0, 1.0 for all")]
    freeze: Annotated[int | str, Rule(_part, "none, a whole number of layers, or backbone")]
    epochs: Count
    min_steps: Annotated[int, Field(ge=0, le=1_000_000, description="a whole number from 0 to 1000000")]
    batch_size: Count
    learning_rate: Rate
    head_learning_rate: Rate
    weight_decay: Share
    warmup: Share
    max_grad_norm: Annotated[float, Field(gt=0, description="a number above 0")]
    dropout: Share
    label_weights: Literal["none", "balanced"]
    average: Annotated[int, Field(ge=1, le=100, description="a whole number from 1 to 100")]
    processes: Annotated[int, Field(ge=1, le=1024, description="a whole number from 1 to 1024")]
    seed: Seed

    @model_validator(mode="after")
    def shares_batches(self) -> "Finetune":
        """Every process has the same share of a batch."""
        if self.batch_size % self.processes:
            raise ValueError(
                f"batch_size {self.batch_size} is no multiple of processes {self.processes}; change one of them"
            )
        return self

    def of_the_modality(self) -> dict[str, Any]:
        """What only the modality understands: how it varies its contents in training."""
        return self.model_dump(exclude=set(Finetune.model_fields))

    @property
    def noise_of_copies(self) -> float:
        """How noisy the copies are that each training row has; 0 for no copies."""
        return 0.0

    def for_training(self) -> dict[str, Any]:
        """Return the keyword arguments of `training.fit.fit`."""
        return self.model_dump(include=set(Finetune.model_fields) - {"weights", "rows", "processes"})


class Augment(Block):
    """How far a picture is varied in training, at most; 0 for not at all."""

    turn: Annotated[float, Field(ge=0, le=180, description="degrees from 0 to 180")]
    shear: Share
    scale: Share
    aspect: Share
    shift: Share
    warp: Share
    stroke: Annotated[float, Field(ge=0, le=14, description="pixels of 28, from 0 to 14")]
    contrast: Annotated[float, Field(ge=1, le=100, description="a factor from 1 to 100")]
    coarse: Annotated[float, Field(ge=0, le=1, description="a share from 0 to 1")]
    coarsest: Count
    noise: Share


class FinetuneTexts(Finetune):
    """The same, and how noisy the copies are that training rows have."""

    noise: Share

    @property
    def noise_of_copies(self) -> float:
        """As it stands there."""
        return self.noise

    def of_the_modality(self) -> dict[str, Any]:
        """Nothing: a batch is as the rows are, copies are rows of their own."""
        return {}


class FinetunePictures(Finetune):
    """The same, and how pictures are varied."""

    augment: Augment

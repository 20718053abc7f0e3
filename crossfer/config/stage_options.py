"""The blocks of params.yaml that say what each stage does with a task's data and backbone."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from crossfer.config.fields import Block, Count, Rate, Rule, Seed, Share
from crossfer.config.personal_data import KINDS


class Preprocess(Block):
    """What is dropped, and how the source is split."""

    max_drop_fraction: Share
    validation_fraction: Rate
    test_fraction: Rate
    seed: Seed

    @model_validator(mode="after")
    def leaves_training_rows(self) -> "Preprocess":
        """Validation and test do not take all rows."""
        if self.validation_fraction + self.test_fraction >= 1:
            raise ValueError(
                f"validation_fraction {self.validation_fraction} and test_fraction {self.test_fraction} leave no"
                " training rows; their sum must be below 1"
            )
        return self

    def of_the_modality(self) -> dict[str, Any]:
        """What only the modality understands: how it cleans a content."""
        return self.model_dump(exclude={*Preprocess.model_fields, "scrub", "min_characters", "min_ink_pixels"})

    @property
    def min_size(self) -> int:
        """The smallest size of a content that is kept: characters of a text, ink pixels of an image."""
        raise NotImplementedError

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

    min_characters: Count
    scrub: Annotated[list[str], Rule(_kinds, f"all, none, or a list of some of {', '.join(KINDS)}")]

    @property
    def personal_data(self) -> list[str]:
        """Kinds of personal data that are replaced before rows are written."""
        return self.scrub

    @property
    def min_size(self) -> int:
        """Return the fewest characters."""
        return self.min_characters


class PreprocessPictures(Preprocess):
    """The same, and the one form that pictures are brought to."""

    min_ink_pixels: Count
    framing: Literal["mnist", "none"]
    size: Annotated[int, Field(ge=8, le=4096, description="a whole number of pixels from 8 to 4096")]

    @property
    def min_size(self) -> int:
        """Return the fewest ink pixels."""
        return self.min_ink_pixels


class Tokenize(Block):
    """How a text becomes the model's input."""

    max_length: Annotated[int, Field(ge=8, le=8192, description="a whole number of tokens from 8 to 8192")]
    prefix: Annotated[str, Field(description="a text, '' for none")]


class TokenizePictures(Block):
    """How a picture becomes the model's input."""

    size: Annotated[int, Field(ge=8, le=1024, description="a whole number of pixels from 8 to 1024")]


class Compress(Block):
    """How the model is made small."""

    calibration_rows: Count
    max_disagreement: Share
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
    if value == "all" or (type(value) is int and value >= 1):
        return value
    raise ValueError


class CompressTexts(Compress):
    """The same, and how many layers a student has, `all` for none; and what it learns from beside the source's rows."""

    student_layers: Annotated[int | str, Rule(_layers, "all, or a whole number of layers from 1 on")]
    unlabelled_texts: Annotated[str, Field(min_length=1, description="none, or the path of a file with a text a line")]

    @property
    def distills(self) -> bool:
        """Whether a student with fewer layers is trained first."""
        return self.student_layers != "all"

    @property
    def paths(self) -> list[str]:
        """The file of texts, where there is a student to read it."""
        return [self.unlabelled_texts] if self.distills and self.unlabelled_texts != "none" else []


def _part(value: Any) -> int | str:
    if value in ("none", "backbone") or (type(value) is int and value >= 0):
        return value
    raise ValueError


class Finetune(Block):
    """How the model is trained."""

    weights: Literal["pretrained", "random"]
    train_fraction: Annotated[float, Field(gt=0, le=1, description="a share above 0, 1.0 for all")]
    freeze: Annotated[int | str, Rule(_part, "none, a whole number of layers, or backbone")]
    epochs: Count
    min_steps: Annotated[int, Field(ge=0, le=1_000_000, description="a whole number from 0 to 1000000")]
    batch_size: Count
    learning_rate: Rate
    head_learning_rate: Rate
    weight_decay: Share
    warmup_ratio: Share
    max_grad_norm: Annotated[float, Field(gt=0, description="a number above 0")]
    dropout: Share
    class_weights: Literal["none", "balanced"]
    averaged_seeds: Annotated[int, Field(ge=1, le=100, description="a whole number from 1 to 100")]
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
        return self.model_dump(exclude={*Finetune.model_fields, "noise_fraction"})

    @property
    def noise_of_copies(self) -> float:
        """How noisy the copies are that each training row has; 0 for no copies."""
        return 0.0


class Augment(Block):
    """How far a picture is varied in training, at most; 0 for not at all."""

    rotation: Annotated[float, Field(ge=0, le=180, description="degrees from 0 to 180")]
    shear: Share
    scale: Share
    aspect: Share
    translation: Share
    elastic: Share
    stroke_width: Annotated[float, Field(ge=0, le=14, description="pixels of 28, from 0 to 14")]
    contrast: Annotated[float, Field(ge=1, le=100, description="a factor from 1 to 100")]
    low_resolution_fraction: Annotated[float, Field(ge=0, le=1, description="a share from 0 to 1")]
    min_resolution: Count
    gaussian_noise: Share


class FinetuneTexts(Finetune):
    """The same, and how noisy the copies are that training rows have."""

    noise_fraction: Share

    @property
    def noise_of_copies(self) -> float:
        """As it stands there."""
        return self.noise_fraction


class FinetunePictures(Finetune):
    """The same, and how pictures are varied."""

    augment: Augment

"""Blocks of params.yaml for preprocess, tokenize, finetune and compress.

Stages read the same attributes for every modality. An option that only one modality has is a class variable in the
class of the other, which params.yaml cannot set.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, NonNegativeInt, PositiveInt, model_validator

from crossfer.config.fields import Block, Count, Fraction, Rate, Seed, Text
from crossfer.config.personal_data import PERSONAL_DATA_TYPES


class Preprocess(Block):
    """Options of preprocess for all modalities."""

    max_drop_fraction: Fraction
    validation_fraction: Rate
    test_fraction: Rate
    seed: Seed

    @model_validator(mode="after")
    def check_fractions(self) -> "Preprocess":
        """Check that training rows remain."""
        if self.validation_fraction + self.test_fraction >= 1:
            raise ValueError(
                f"validation_fraction {self.validation_fraction} and test_fraction {self.test_fraction} leave no"
                " training rows; their sum must be below 1"
            )
        return self


def _parse_scrub(value: Any) -> list[str]:
    """Return types of personal data in the order in which they are searched."""
    if value in ("all", "none"):
        return list(PERSONAL_DATA_TYPES) if value == "all" else []
    if isinstance(value, list) and value and all(data_type in PERSONAL_DATA_TYPES for data_type in value):
        return [data_type for data_type in PERSONAL_DATA_TYPES if data_type in value]
    raise ValueError


class PreprocessTexts(Preprocess):
    """Options of preprocess for texts."""

    min_characters: Count
    decode_entities: bool
    near_duplicate_threshold: Annotated[
        Literal["none"] | Annotated[float, Field(ge=0.5, le=1)],
        Field(description="none, or a similarity from 0.5 to 1"),
    ]
    scrub: Annotated[
        list[str],
        BeforeValidator(_parse_scrub),
        Field(description=f"all, none, or a list with some of {', '.join(PERSONAL_DATA_TYPES)}"),
    ]

    @property
    def min_size(self) -> int:
        """Return the minimum size of a content, in characters."""
        return self.min_characters

    @property
    def cleaner_options(self) -> dict[str, Any]:
        """Return the keyword arguments of the modality's `make_cleaner`."""
        return {"decode_entities": self.decode_entities}


class PreprocessImages(Preprocess):
    """Options of preprocess for images."""

    near_duplicate_threshold: ClassVar[str] = "none"
    scrub: ClassVar[list[str]] = []

    min_ink_pixels: Count
    framing: Literal["mnist", "none"]
    size: Annotated[int, Field(ge=8, le=4096, description="a whole number of pixels from 8 to 4096")]

    @property
    def min_size(self) -> int:
        """Return the minimum size of a content, in ink pixels."""
        return self.min_ink_pixels

    @property
    def cleaner_options(self) -> dict[str, Any]:
        """Return the keyword arguments of the modality's `make_cleaner`."""
        return {"framing": self.framing, "size": self.size}


class TokenizeTexts(Block):
    """Options of tokenize for texts."""

    max_length: Annotated[int, Field(ge=8, le=8192, description="a whole number of tokens from 8 to 8192")]
    prefix: Annotated[str, Field(description="a text, '' for none")]


class TokenizeImages(Block):
    """Options of tokenize for images."""

    size: Annotated[int, Field(ge=8, le=1024, description="a whole number of pixels from 8 to 1024")]


class Finetune(Block):
    """Options of finetune and adapt for all modalities."""

    weights: Literal["pretrained", "random"]
    train_fraction: Annotated[float, Field(gt=0, le=1, description="a fraction above 0 and at most 1")]
    freeze: Annotated[
        Literal["none", "backbone"] | NonNegativeInt, Field(description="none, backbone, or a whole number of layers")
    ]
    epochs: Count
    min_steps: Annotated[int, Field(ge=0, le=1_000_000, description="a whole number from 0 to 1000000")]
    batch_size: Count
    learning_rate: Rate
    head_learning_rate: Rate
    weight_decay: Fraction
    warmup_ratio: Fraction
    max_grad_norm: Annotated[float, Field(gt=0, description="a number above 0")]
    dropout: Fraction
    class_weights: Literal["none", "balanced"]
    averaged_seeds: Annotated[int, Field(ge=1, le=100, description="a whole number from 1 to 100")]
    processes: Annotated[int, Field(ge=1, le=1024, description="a whole number from 1 to 1024")]
    seed: Seed

    @model_validator(mode="after")
    def check_batch_size(self) -> "Finetune":
        """Check that processes share a batch equally."""
        if self.batch_size % self.processes:
            raise ValueError(
                f"batch_size {self.batch_size} is not a multiple of processes {self.processes}; change one of them"
            )
        return self


class FinetuneTexts(Finetune):
    """Options of finetune and adapt for texts."""

    collate_options: ClassVar[dict[str, Any]] = {}

    noise_fraction: Fraction


class Augment(Block):
    """Maximum random changes of a training image; 0 (`contrast`: 1) is no change."""

    rotation: Annotated[float, Field(ge=0, le=180, description="degrees from 0 to 180")]
    shear: Fraction
    scale: Fraction
    aspect: Fraction
    translation: Fraction
    elastic: Fraction
    stroke_width: Annotated[float, Field(ge=0, le=14, description="a number of pixels from 0 to 14")]
    contrast: Annotated[float, Field(ge=1, le=100, description="a factor from 1 to 100")]
    low_resolution_fraction: Annotated[float, Field(ge=0, le=1, description="a fraction from 0 to 1")]
    min_resolution: Count
    gaussian_noise: Fraction


class FinetuneImages(Finetune):
    """Options of finetune and adapt for images."""

    noise_fraction: ClassVar[float] = 0.0

    augment: Augment

    @property
    def collate_options(self) -> dict[str, Any]:
        """Return the keyword arguments of the modality's `training_collate`."""
        return {"augment": self.augment.model_dump()}


class Compress(Block):
    """Options of compress for all modalities."""

    calibration_rows: Count
    max_disagreement: Fraction
    seed: Seed


class CompressTexts(Compress):
    """Options of compress for texts."""

    student_layers: Annotated[Literal["all"] | PositiveInt, Field(description="all, or a whole number of 1 or more")]
    unlabelled_texts: Annotated[Text, Field(description="none, or the path of a file with one text per line")]

    @property
    def student_options(self) -> dict[str, Any]:
        """Return the keyword arguments of `write_student`; empty if no student is trained."""
        if self.student_layers == "all":
            return {}
        return {"student_layers": self.student_layers, "unlabelled_texts": self.unlabelled_texts}

    @property
    def paths(self) -> list[str]:
        """Return the files that the stage reads and params.yaml names."""
        return [self.unlabelled_texts] if self.student_options and self.unlabelled_texts != "none" else []


class CompressImages(Compress):
    """Options of compress for images."""

    student_options: ClassVar[dict[str, Any]] = {}
    paths: ClassVar[list[str]] = []

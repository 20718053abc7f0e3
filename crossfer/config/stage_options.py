"""Blocks of params.yaml for preprocess, tokenize and compress.

Stages read the same attributes for every modality. An option that only one modality has is a class variable in the
class of the other, which params.yaml cannot set.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, PositiveInt, model_validator

from crossfer.config.fields import Block, Count, Fraction, PathText, Rate, Seed
from crossfer.config.personal_data import PERSONAL_DATA_TYPES


class Preprocess(Block):
    """Options of preprocess for all modalities."""

    max_drop_fraction: Annotated[float, Field(ge=0, le=1, description="a fraction from 0 to 1")]
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


class Compress(Block):
    """Options of compress for all modalities."""

    calibration_rows: Count
    max_disagreement: Fraction
    seed: Seed


class CompressTexts(Compress):
    """Options of compress for texts."""

    student_layers: Annotated[Literal["all"] | PositiveInt, Field(description="all, or a whole number of 1 or more")]
    unlabelled_texts: Annotated[PathText, Field(description="none, or the path of a file with one text per line")]

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

"""Blocks of params.yaml for finetune, which adapt uses as well."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, NonNegativeInt, model_validator

from crossfer.config.fields import SEEDS, Block, Count, Fraction, Rate, Seed


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

    @model_validator(mode="after")
    def check_seeds(self) -> "Finetune":
        """Check that the last of the averaged seeds is a seed."""
        if self.seed + self.averaged_seeds > SEEDS:
            raise ValueError(
                f"seed {self.seed} with averaged_seeds {self.averaged_seeds} needs seeds up to"
                f" {self.seed + self.averaged_seeds - 1}, the last one is {SEEDS - 1}; lower seed"
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

    @model_validator(mode="after")
    def check_images_per_process(self) -> "FinetuneImages":
        """Check that batch norm has more than one image at a time."""
        if self.batch_size == self.processes:
            raise ValueError(
                f"batch_size {self.batch_size} is one image per process, but batch norm needs two; set it to at least"
                f" {2 * self.processes}"
            )
        return self

    @property
    def collate_options(self) -> dict[str, Any]:
        """Return the keyword arguments of the modality's `training_collate`."""
        return {"augment": self.augment.model_dump()}

"""Blocks of params.yaml for evaluate and stress."""

from typing import Annotated, Literal

from pydantic import Field

from crossfer.config.fields import Block, Count, Seed


class Evaluate(Block):
    """Options of evaluate."""

    batch_size: Count
    bootstrap_samples: Annotated[int, Field(ge=100, le=1_000_000, description="a whole number from 100 to 1000000")]
    seed: Seed


class Stress(Block):
    """Options of stress for all modalities."""

    rows_per_domain: Count


class StressTexts(Stress):
    """Options of stress for texts."""

    out_of_distribution: Annotated[
        str,
        Field(
            pattern=r"^(none|data/out_of_distribution/[^/]+\.tsv)$",
            description="none, or the path of a .tsv file in data/out_of_distribution",
        ),
    ]


class StressImages(Stress):
    """Options of stress for images."""

    out_of_distribution: Literal["letters_and_photographs", "none"]

"""The blocks of params.yaml for the stages evaluate and stress."""

from typing import Annotated, Literal

from pydantic import Field

from crossfer.config.fields import Block, Count, Seed


class Evaluate(Block):
    """How the model is scored."""

    batch_size: Count
    bootstrap_samples: Annotated[
        int, Field(ge=100, le=1_000_000, description="a whole number of resamples from 100 to 1000000")
    ]
    seed: Seed


class Stress(Block):
    """How the model's robustness is measured."""

    rows_per_domain: Count
    out_of_distribution: str


class StressTexts(Stress):
    """The same for texts."""

    out_of_distribution: Annotated[
        str,
        Field(
            pattern=r"^(none|data/out_of_distribution/[^/]+\.tsv)$",
            description="none, or the path of a .tsv file in data/out_of_distribution",
        ),
    ]


class StressPictures(Stress):
    """The same for images."""

    out_of_distribution: Annotated[
        Literal["letters_and_photographs", "none"], Field(description="letters_and_photographs or none")
    ]

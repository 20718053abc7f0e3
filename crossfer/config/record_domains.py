"""Domain blocks of params.yaml for tables and for data sets of the Hub."""

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from crossfer.config.domains import TextDomain
from crossfer.config.fields import Block, Fallback, Text, check_path

OFFICIAL_SPLITS = ("train", "validation", "test")


def _parse_splits(value: Any) -> Any:
    """Return a text, or a mapping of official splits to texts in one order."""
    if isinstance(value, str) and value:
        return check_path(value)
    are_texts = isinstance(value, dict) and value and all(isinstance(text, str) and text for text in value.values())
    if are_texts and set(value) <= set(OFFICIAL_SPLITS):
        return {name: check_path(value[name]) for name in OFFICIAL_SPLITS if name in value}
    raise ValueError


def _parse_text_mapping(value: Any, allow_null: bool = False) -> dict[str, str | None]:
    """Return a mapping of texts to texts; whole numbers become texts."""
    types = (str, int, type(None)) if allow_null else (str, int)
    if isinstance(value, dict) and all(type(key) in (str, int) and type(text) in types for key, text in value.items()):
        for key in value:
            if type(key) is int and str(key) in value:
                raise ValueError(f"has the key {key} as a number and in quotes; remove one")
        return {str(key): None if text is None else str(text) for key, text in value.items()}
    raise ValueError


SplitTexts = Annotated[
    str | dict[str, str],
    BeforeValidator(_parse_splits),
    Field(description="a text, or a mapping of some of train, validation, test to a text each"),
]
ColumnNames = Annotated[
    list[Text],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    Field(min_length=1, description="the name of a column, or a list of names, whose texts are joined"),
]
Labels = Annotated[
    dict[str, str | None],
    BeforeValidator(partial(_parse_text_mapping, allow_null=True)),
    Field(description="a mapping of labels (numbers in quotes) to new labels, or to null to leave their rows out"),
]
Where = Annotated[
    dict[str, str],
    BeforeValidator(_parse_text_mapping),
    Field(description="a mapping of columns to the value (a number in quotes) that rows must have"),
]


class Columns(Block):
    """The columns with a record's text, label, id and group."""

    text: ColumnNames
    label: Text
    id: Annotated[str | None, Field(description="the name of a column, or null to number the rows")] = None
    group: Annotated[str | None, Field(description="the name of a column, or null for no groups")] = None


class Records(TextDomain):
    """Records with named columns."""

    columns: Annotated[Columns, Field(description="a mapping with the keys text, label, id, group")] = Columns(
        text=["text"], label="label"
    )
    labels: Labels = Field(default_factory=dict)
    where: Where = Field(default_factory=dict)

    @model_validator(mode="after")
    def check_parallel_ids(self) -> "Records":
        """Check that a parallel target has ids: row numbers are not compared."""
        if self.parallel and self.columns.id is None:
            raise ValueError(
                f"domain {self.domain} is parallel, but has no columns.id; add the column of the shared ids"
            )
        return self


class Table(Records):
    """Tables: CSV, TSV, JSONL, JSON or Parquet."""

    provider: Literal["table"]
    path: SplitTexts
    quotes: Literal["standard", "none"] = "standard"
    fallback: Fallback = "none"


class HubDataSet(Records):
    """A data set of the Hugging Face Hub."""

    provider: Literal["hub"]
    name: Text
    configuration: Annotated[str | None, Field(description="a text, or null if the data set has only one")] = None
    split: SplitTexts
    revision: Annotated[
        str | None, Field(pattern=r"^[0-9a-f]{40}$", description="a commit of the data set, 40 hex digits")
    ] = None
    unpinned: Annotated[bool, Field(description="true to read the newest revision", exclude=True)] = False

    @model_validator(mode="after")
    def check_revision(self) -> "HubDataSet":
        """Check that there is a revision, unless `unpinned` asks for the newest."""
        if (self.revision is None) != self.unpinned:
            raise ValueError(
                f"data set {self.name} needs either a revision (a commit, 40 hex digits) or unpinned: true"
            )
        return self

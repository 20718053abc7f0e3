"""The types of a domain block of params.yaml: one class per provider."""

from typing import Annotated

from pydantic import Field

from crossfer.config.domains import BbcNews, Digits, NewsProbe
from crossfer.config.folder_domains import FolderOfImages, FolderOfTexts
from crossfer.config.record_domains import HubDataSet, Table

AnyTextDomain = Annotated[
    BbcNews | NewsProbe | FolderOfTexts | Table | HubDataSet,
    Field(
        discriminator="provider",
        description="a mapping with a provider: bbc_news, news_probe, folder, table or hub",
    ),
]
AnyImageDomain = Annotated[
    Digits | FolderOfImages,
    Field(discriminator="provider", description="a mapping with a provider: digits or folder"),
]

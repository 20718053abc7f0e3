"""Domain blocks of params.yaml for folders with one content per file."""

from typing import Literal

from crossfer.config.domains import ImageDomain, TextDomain
from crossfer.config.fields import Fallback, PathText


class FolderOfTexts(TextDomain):
    """A folder with one text per file."""

    provider: Literal["folder"]
    path: PathText
    fallback: Fallback = "none"


class FolderOfImages(ImageDomain):
    """A folder with one image per file."""

    provider: Literal["folder"]
    path: PathText

    @property
    def reader(self) -> str:
        """Return the name of the function: `folder` reads texts."""
        return "folder_of_images"

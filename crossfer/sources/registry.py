"""The functions that read data, by the provider's name in params.yaml."""

from collections.abc import Callable

from crossfer.sources import bbc_news, digits, folder, hub, news_probe, table
from crossfer.sources.base import Dataset

SOURCES: dict[str, Callable[..., Dataset]] = {
    "bbc_news": bbc_news.read,
    "news_probe": news_probe.read,
    "digits": digits.read,
    "folder": folder.read_texts,
    "folder_of_images": folder.read_images,
    "table": table.read,
    "hub": hub.read,
}

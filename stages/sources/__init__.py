"""Where labelled data comes from: one module a provider, all with one function `read(kind, ...) -> Collection`."""

from collections.abc import Callable

from stages.sources import bbc_news, digits, news_probe
from stages.sources.collection import Collection

SOURCES: dict[str, Callable[..., Collection]] = {
    "bbc_news": bbc_news.read,
    "news_probe": news_probe.read,
    "digits": digits.read,
}

"""The parallel news probe: the same briefs in several languages."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from crossfer.artifacts.package_files import sha256
from crossfer.errors import UserError, shorten
from crossfer.sources.base import Dataset, chunk_rows
from crossfer.sources.records import LocatedRecord, RecordReader
from crossfer.sources.table_reader import TableReader

FOLDER = Path("data/probe")


def read(language: str) -> Dataset:
    """Read one language of the probe.

    Raises:
        UserError: the probe does not have the language, or a row of its file is invalid.
    """
    path = FOLDER / f"{language}.csv"
    if not path.is_file():
        languages = ", ".join(sorted(file.stem for file in FOLDER.glob("*.csv")))
        raise UserError(f"news_probe has no language {shorten(language)}; choose one of {languages}.")
    reader = RecordReader(text=["text"], label="topic", id="id", labels={}, where={"language": language})
    return Dataset(
        chunks=chunk_rows(reader.rows(_read_records(path, reader), Counter())),
        origin=f"crossfer news probe, language {language}",
        licence="CC0-1.0",
        sha256=sha256([path]),
        ids_name_items=True,
    )


def _read_records(path: Path, reader: RecordReader) -> Iterator[LocatedRecord]:
    """Yield the records of a probe file, all of which must be in its language."""
    for location, record in TableReader(reader).read(path):
        if record["language"] != path.stem:
            raise UserError(f"{location} is in language {shorten(record['language'])}; correct it to {path.stem!r}.")
        yield location, None, record

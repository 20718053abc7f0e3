"""Describe rows and files of a `Dataset` that were left out or changed."""

from collections.abc import Mapping

PHRASES = {  # by the beginning of a note's name; {s} is the plural, {rest} the remaining name
    "left_out_files_hidden": "hidden file{s} left out",
    "left_out_files_other": "file{s} without a usual suffix left out",
    "left_out_files_": ".{rest} file{s} left out",
    "empty_folders": "empty folder{s}",
    "left_out_by_label": "row{s} left out by labels",
    "left_out_by_where": "row{s} left out by where",
    "absent_text_keys": "absent text key{s} read as empty",
    "cells_with_line_breaks": "cell{s} with line breaks",
    "read_as_": "file{s} read as {rest}",
}


def describe_notes(notes: Mapping[str, int]) -> str:
    """Return notes that count something, as `2 hidden files left out, 1 empty folder`."""
    return ", ".join(f"{count:,} {_phrase(note, count)}" for note, count in sorted(notes.items()) if count)


def _phrase(note: str, count: int) -> str:
    beginning = next(beginning for beginning in PHRASES if note.startswith(beginning))
    return PHRASES[beginning].format(s="s" * (count != 1), rest=note.removeprefix(beginning))

"""The notes of a dataset in words."""

import pytest

from crossfer.sources.notes import describe_notes


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        ({"left_out_files_hidden": 2, "left_out_files_txt": 1}, "2 hidden files left out, 1 .txt file left out"),
        ({"left_out_files_other": 1, "empty_folders": 3}, "3 empty folders, 1 file without a usual suffix left out"),
        ({"left_out_by_label": 1, "left_out_by_where": 1200}, "1 row left out by labels, 1,200 rows left out by where"),
        (
            {"cells_with_line_breaks": 2, "absent_text_keys": 1},
            "1 absent text key read as empty, 2 cells with line breaks",
        ),
        ({"read_as_cp1252": 1, "empty_folders": 0}, "1 file read as cp1252"),
    ],
)
def test_notes_are_described_in_words(notes, words):
    assert describe_notes(notes) == words

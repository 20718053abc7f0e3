"""Tables for the terminal."""

from crossfer.commands.terminal_table import layout_table


def test_long_cells_are_cut_after_a_comma_except_in_the_last_column():
    items = ", ".join(f"item {number}" for number in range(10, 30))
    header, row = layout_table(["first", "second", "empty", "last"], [[items, "x" * 100, "", items]]).splitlines()
    assert row.startswith("item 10, item 11, item 12, item 13, item 14, item 15, ...  xxx")
    assert "x ...  item 10" in row and row.endswith("item 28, item 29")
    assert header.split() == ["first", "second", "last"]

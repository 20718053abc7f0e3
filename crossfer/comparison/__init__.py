"""The comparison of all tasks, and ablations: numbers, tables, charts and the page."""

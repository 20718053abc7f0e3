"""Compare all tasks, and summarize ablations: numbers, tables, charts, the page."""

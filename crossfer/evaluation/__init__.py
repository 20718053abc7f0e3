"""The reports that evaluate writes: scores, tables, charts and mistakes."""

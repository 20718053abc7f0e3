"""The report that evaluate writes: scores, charts, mistakes."""

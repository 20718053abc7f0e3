"""Metrics, number formats, pages and model cards that several reports share."""

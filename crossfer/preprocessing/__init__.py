"""Splits, deduplication and the account of every row."""

"""Cleaning, deduplication, splits, and an account of every row."""

"""Metrics, and how numbers, tables and model cards are written."""

"""Compute metrics, and render numbers, pages and model cards for all reports."""

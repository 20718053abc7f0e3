"""Detect how a user's data files are written: format, encoding, columns, splits."""

"""The files that stages read and write: their paths, formats and digests."""

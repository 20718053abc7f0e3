"""Files that pass between stages: their paths, how they are read and written, and their digests."""

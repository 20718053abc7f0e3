"""Personal data in texts: found, and replaced by what kind of data it was."""

"""Train a classifier, with checkpoints, a history and noisy copies of rows."""

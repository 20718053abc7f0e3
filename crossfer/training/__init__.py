"""Train a classifier: the trainer, its checkpoints, its history and noisy copies of rows."""

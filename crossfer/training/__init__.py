"""Train a classifier, with checkpoints, a history and noise augmentation."""

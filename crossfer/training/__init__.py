"""Training a classifier: trainer, checkpoints, history."""

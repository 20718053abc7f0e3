"""crossfer ablation: train variants of a task as DVC experiments."""

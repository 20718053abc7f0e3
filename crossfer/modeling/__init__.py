"""Parts of models and of running them: heads, freezing, batches, inference, reproducibility, processes."""

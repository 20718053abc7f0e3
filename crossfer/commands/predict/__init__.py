"""crossfer predict: classify texts and images with a compressed model."""

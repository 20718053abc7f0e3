"""Classify contents with a compressed model, without torch and transformers; pyfunc_torch.py serves fp32 models."""

"""Classify contents with a compressed model.

It needs neither torch nor transformers; only pyfunc_torch.py, which serves fp32 models, does.
"""

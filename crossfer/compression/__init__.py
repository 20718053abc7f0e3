"""Distill classifiers, export them to ONNX and quantize them to int8.

The modules text.py and vision.py contain the code that depends on the modality.
"""

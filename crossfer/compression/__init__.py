"""Distill classifiers, export them to ONNX, quantize them to int8; text.py and vision.py have what differs."""

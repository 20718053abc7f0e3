"""Export trained classifiers to ONNX and quantize them to int8; text.py and vision.py hold what differs."""

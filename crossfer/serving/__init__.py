"""What serves a compressed model: onnxruntime and what prepares contents; neither torch nor transformers."""

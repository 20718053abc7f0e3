"""A trained classifier as a graph of ONNX, and that graph in 8 bits; what is the same for texts and pictures."""

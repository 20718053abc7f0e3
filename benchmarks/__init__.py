"""Measurements of time, memory and accuracy that no stage runs: python -m benchmarks.<name> <task>."""

"""Measure what no stage measures: python -m benchmarks.<name> <task>."""

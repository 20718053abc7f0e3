"""Measure a model's robustness.

Accuracy under perturbations, calibration of confidence, and out-of-distribution detection.
"""

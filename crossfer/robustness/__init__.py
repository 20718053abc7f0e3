"""Robustness of a model: accuracy under perturbations, calibration, out-of-distribution detection."""

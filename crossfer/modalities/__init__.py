"""Implement crossfer/protocols.py for each modality, in one folder per modality."""

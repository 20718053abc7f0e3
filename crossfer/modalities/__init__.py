"""Code that depends on the modality; one folder per modality, which implements crossfer/protocols.py."""

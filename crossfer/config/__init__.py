"""The schema of params.yaml and its error messages."""

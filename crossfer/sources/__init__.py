"""Providers of labelled data, one module each; `read` returns a `Dataset`."""

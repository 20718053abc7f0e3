"""Providers of labelled data: one module each, whose function `read` returns a `Dataset`."""

"""Load, freeze, run and distribute models, and make their results reproducible."""

"""crossfer trace, verify, sync, clean: where outputs come from, and which are no longer needed."""

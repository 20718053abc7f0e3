"""How the model breaks: contents that are disturbed, confidence that is not earned, contents out of its scope."""

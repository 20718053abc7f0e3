"""What several stages use, one job a module."""

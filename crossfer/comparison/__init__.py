"""What `compare` says of all tasks: their numbers, sentences computed from these, and the page that shows both."""

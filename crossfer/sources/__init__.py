"""Where labelled data comes from: one module a provider, all with a function `read(kind, ...) -> Dataset`."""

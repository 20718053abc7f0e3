"""The command line `crossfer`."""

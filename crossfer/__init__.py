"""The library of the pipeline, and the command line `crossfer`."""

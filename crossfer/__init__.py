"""The library of the pipeline: data, models, training, scores, tracking and the command line."""

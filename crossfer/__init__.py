"""The library behind the pipeline: data, models, training, scores, tracking and the command line."""

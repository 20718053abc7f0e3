"""crossfer: five DVC stages, and the sources, backbones and modalities that they choose from by name."""

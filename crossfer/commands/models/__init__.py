"""crossfer promote: models in MLflow's registry."""

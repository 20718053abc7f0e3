"""The store of a folder, as MLflow's client has it."""


def client(folder):
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{folder}/mlflow.db")

"""The model of pictures that MLflow has takes pictures as they come."""

from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from pipeline_outputs import DOMAINS, rows_of


@pytest.fixture(scope="module")
def logged_model(digits):
    import mlflow
    from mlflow import MlflowClient

    with pytest.MonkeyPatch.context() as patched:
        store = f"sqlite:///{digits.folder}/mlflow.db"
        patched.setenv("MLFLOW_TRACKING_URI", store)
        mlflow.set_tracking_uri(store)
        client = MlflowClient(store)
        experiment = client.get_experiment_by_name("crossfer")
        (run,) = client.search_runs([experiment.experiment_id], "tags.`crossfer.stage` = 'finetune'")
        yield mlflow.get_logged_model(run.outputs.model_outputs[0].model_id)
        mlflow.set_tracking_uri(None)


@pytest.mark.parametrize("domain", DOMAINS["vision"])
def test_the_logged_model_takes_png_as_it_comes(digits, logged_model, domain):
    """Raw pictures, dark on light and of another size: cleaned inside, as in the pipeline."""
    import mlflow

    served = mlflow.pyfunc.load_model(logged_model.model_uri)
    expected = digits.predictions().query(f"domain == '{domain}'").iloc[:50]
    pictures = rows_of(digits, "raw", domain)["content"][expected["id"]]
    answers = served.predict(pd.DataFrame({"content": pictures.to_list()}))
    assert list(answers.columns) == ["label", "probability", "probabilities"]
    assert list(answers["label"]) == list(expected["prediction"])
    for answer, wanted in zip(answers.itertuples(), expected["probabilities"], strict=True):
        assert answer.probabilities == pytest.approx(wanted, abs=1e-4)


def test_the_logged_model_takes_other_formats(digits, logged_model):
    import mlflow

    served = mlflow.pyfunc.load_model(logged_model.model_uri)
    (content,) = rows_of(digits, "raw", "print")["content"][:1]
    colour = BytesIO()
    Image.open(BytesIO(content)).convert("RGB").save(colour, "BMP")
    one, other = served.predict(pd.DataFrame({"content": [content, colour.getvalue()]}))["probabilities"]
    assert one == pytest.approx(other, abs=1e-5)


def test_the_logged_models_signature_is_binary(digits, logged_model):
    import mlflow
    from mlflow.types import DataType

    info = mlflow.models.get_model_info(logged_model.model_uri)
    (column,) = info.signature.inputs.inputs
    assert (column.name, column.type) == ("content", DataType.binary)
    assert info.signature.outputs.input_names() == ["label", "probability", "probabilities"]
    example = mlflow.pyfunc.load_model(logged_model.model_uri).input_example["content"].iloc[0]
    assert example in set(rows_of(digits, "clean", "mnist")["content"])


def test_the_logged_model_brings_what_it_needs(logged_model):
    import mlflow

    wanted = mlflow.pyfunc.get_model_dependencies(logged_model.model_uri)
    names = {line.split("==")[0] for line in Path(wanted).read_text().splitlines()}
    assert {"pillow", "torch", "transformers"} <= names
    assert "torchvision" not in names and "ftfy" not in names


# --- again, and with changes

"""The vision model that finetune logs in MLflow predicts from raw image files."""

from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from pipeline_outputs import DOMAINS, rows_of

from crossfer.artifacts.paths import TaskPaths
from crossfer.serving.classifier import Classifier


@pytest.fixture(scope="module")
def logged_model(digits):
    import mlflow
    from mlflow import MlflowClient

    with pytest.MonkeyPatch.context() as patch:
        store = f"sqlite:///{digits.folder}/mlflow.db"
        patch.setenv("MLFLOW_TRACKING_URI", store)
        mlflow.set_tracking_uri(store)
        client = MlflowClient(store)
        experiment = client.get_experiment_by_name("crossfer")
        (run,) = client.search_runs([experiment.experiment_id], "tags.`crossfer.stage` = 'finetune'")
        yield mlflow.get_logged_model(run.outputs.model_outputs[0].model_id)
        mlflow.set_tracking_uri(None)


@pytest.mark.parametrize("domain", DOMAINS["vision"])
def test_model_predicts_from_raw_png(digits, logged_model, domain):
    """The model cleans raw images (dark on light, any size) as the pipeline does."""
    import mlflow

    served = mlflow.pyfunc.load_model(logged_model.model_uri)
    expected = digits.predictions().query(f"domain == '{domain}'").iloc[:50]
    images = rows_of(digits, "raw", domain)["content"][expected["id"]]
    answers = served.predict(pd.DataFrame({"content": images.to_list()}))
    assert list(answers.columns) == ["label", "probability", "probabilities", "error"]
    assert list(answers["label"]) == list(expected["prediction"])
    for answer, probabilities in zip(answers.itertuples(), expected["probabilities"], strict=True):
        assert answer.probabilities == pytest.approx(probabilities, abs=1e-4)


def test_model_accepts_other_image_formats(digits, logged_model):
    import mlflow

    served = mlflow.pyfunc.load_model(logged_model.model_uri)
    (content,) = rows_of(digits, "raw", "print")["content"][:1]
    bitmap = BytesIO()
    Image.open(BytesIO(content)).convert("RGB").save(bitmap, "BMP")
    one, other = served.predict(pd.DataFrame({"content": [content, bitmap.getvalue()]}))["probabilities"]
    assert one == pytest.approx(other, abs=1e-5)


def test_model_answers_the_images_next_to_a_damaged_one(digits, logged_model):
    import mlflow

    served = mlflow.pyfunc.load_model(logged_model.model_uri)
    (content,) = rows_of(digits, "raw", "print")["content"][:1]
    answers = served.predict(pd.DataFrame({"content": [content, b"no image", content[:60], content]}))
    assert answers["error"].isna().tolist() == [True, False, False, True]
    assert answers["label"].notna().tolist() == [True, False, False, True]
    assert "cannot be read" in answers["error"][1]


def test_int8_predictions_do_not_depend_on_other_images(digits):
    folder = digits.folder / TaskPaths("tiny").onnx
    classifier, other = Classifier(folder, threads=1), Classifier(folder, threads=3)
    images = [image for domain in DOMAINS["vision"] for image in rows_of(digits, "raw", domain)["content"][:15]]
    alone = [next(classifier.predict([image])) for image in images]
    assert list(classifier.predict(images)) == alone
    assert list(other.predict([*images[::-2], b"no image", *images[::-1]]))[-len(images) :] == alone[::-1]


def test_signature_takes_bytes(digits, logged_model):
    import mlflow
    from mlflow.types import DataType

    info = mlflow.models.get_model_info(logged_model.model_uri)
    (column,) = info.signature.inputs.inputs
    assert (column.name, column.type) == ("content", DataType.binary)
    assert info.signature.outputs.input_names() == ["label", "probability", "probabilities", "error"]
    example = mlflow.pyfunc.load_model(logged_model.model_uri).input_example["content"].iloc[0]
    assert example in set(rows_of(digits, "clean", "mnist")["content"])


def test_requirements_list_the_image_packages(logged_model):
    import mlflow

    requirements = mlflow.pyfunc.get_model_dependencies(logged_model.model_uri)
    names = {line.split("==")[0] for line in Path(requirements).read_text().splitlines()}
    assert {"pillow", "torch", "transformers"} <= names
    assert "torchvision" not in names and "ftfy" not in names

"""`mlflow models serve` answers correctly or with errors for the vision model."""

import base64
import io
import json

import pytest
from model_server import ModelServer, records
from PIL import Image, ImageDraw

from crossfer.artifacts.paths import TaskPaths
from crossfer.serving.classifier import Classifier

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def served(digits):
    server = ModelServer(digits)
    yield digits, server
    server.stop()


def draw_image(text: str, image_format: str = "PNG") -> bytes:
    image = Image.new("L", (40, 40), 255)
    ImageDraw.Draw(image).text((10, 5), text, fill=0, font_size=28)
    file = io.BytesIO()
    image.save(file, image_format)
    return file.getvalue()


def test_server_classifies_images_in_base64(served):
    repository, server = served
    contents = [draw_image("3"), draw_image("7", "BMP"), draw_image("3", "GIF")]
    answers = server.answers([base64.b64encode(content).decode() for content in contents])
    expected = list(Classifier(repository.folder / TaskPaths("tiny").onnx).predict(contents))
    assert [answer["label"] for answer in answers] == [answer.label for answer in expected]


@pytest.mark.parametrize("content", [b"", b"no image", draw_image("3")[:60], b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_invalid_image_gets_an_error(served, content):
    _, server = served
    answers = server.answers([base64.b64encode(image).decode() for image in (content, draw_image("3"))])
    assert answers[0]["label"] is None and "cannot be read" in answers[0]["error"]
    assert answers[1]["label"] is not None


def test_invalid_base64_is_refused(served):
    _, server = served
    status, response = server.ask(records("***"))
    assert status == 400 or json.loads(response)["predictions"][0]["label"] is None, response
    assert server.answers([base64.b64encode(draw_image("3")).decode()])[0]["label"]

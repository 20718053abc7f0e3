"""The small model of pictures behind a real `mlflow models serve`: right answers, or a sentence."""

import base64
import io
import json

import pytest
from model_server import Server, records
from PIL import Image, ImageDraw

from crossfer.artifacts.paths import TaskPaths
from crossfer.serving.classifier import Classifier

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def pictures(digits):
    running = Server(digits)
    yield digits, running
    running.stop()


def picture(text: str, kind: str = "PNG") -> bytes:
    drawn = Image.new("L", (40, 40), 255)
    ImageDraw.Draw(drawn).text((10, 5), text, fill=0, font_size=28)
    file = io.BytesIO()
    drawn.save(file, kind)
    return file.getvalue()


def test_pictures_in_base64(pictures):
    repository, server = pictures
    contents = [picture("3"), picture("7", "BMP"), picture("3", "GIF")]
    found = server.answers([base64.b64encode(content).decode() for content in contents])
    expected = list(Classifier(repository.folder / TaskPaths("tiny").onnx).predict(contents))
    assert [answer["label"] for answer in found] == [answer.label for answer in expected]


@pytest.mark.parametrize("content", [b"", b"no picture", picture("3")[:60], b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_what_is_no_picture_has_an_error(pictures, content):
    _, server = pictures
    found = server.answers([base64.b64encode(one).decode() for one in (content, picture("3"))])
    assert found[0]["label"] is None and "cannot be read" in found[0]["error"]
    assert found[1]["label"] is not None


def test_what_is_no_base64_is_refused(pictures):
    _, server = pictures
    status, said = server.ask(records("***"))
    assert status == 400 or json.loads(said)["predictions"][0]["label"] is None, said
    assert server.answers([base64.b64encode(picture("3")).decode()])[0]["label"]

"""MLflow's server limits the rows of a request; other callers have no limit."""

import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from crossfer.protocols import load_modality
from crossfer.serving.content_classifier import ContentClassifier
from crossfer.serving.pyfunc import COLUMNS, ROWS_PER_SECOND, ContentPyfunc

TIMEOUT = "MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT"


class LengthClassifier(ContentClassifier):
    """Classifies texts by their length."""

    def __init__(self):
        modality = load_modality("text")
        self.size, self.content_types = modality.size, modality.CONTENT_TYPES
        self.cleaner, self.encoder, self.labels = modality.make_cleaner(decode_entities=True), self, ["short", "long"]

    def encode(self, contents):
        return [np.array(len(content)) for content in contents]

    def probabilities(self, inputs):
        return [np.array([length <= 10, length > 10], float) for length in inputs]


@pytest.fixture
def pyfunc():
    pyfunc = ContentPyfunc()
    pyfunc.classifier = LengthClassifier()
    return pyfunc


def rows(count):
    return pd.DataFrame({"content": ["the bank"] * count})


@pytest.mark.parametrize("seconds", [1, 60, 600])
def test_a_server_refuses_more_rows_than_its_time_allows(pyfunc, monkeypatch, seconds):
    monkeypatch.setenv(TIMEOUT, str(seconds))
    limit = seconds * ROWS_PER_SECOND
    assert len(pyfunc.predict(None, rows(limit))) == limit
    with pytest.raises(MlflowException, match=rf"has {limit + 1} rows, {limit} are allowed; send") as caught:
        pyfunc.predict(None, rows(limit + 1))
    assert caught.value.get_http_status_code() == 400


def test_there_is_no_limit_outside_of_a_server(pyfunc, monkeypatch):
    monkeypatch.delenv(TIMEOUT, raising=False)
    assert len(pyfunc.predict(None, rows(2000))) == 2000


def test_every_row_has_a_label_or_an_error(pyfunc):
    contents = pd.Series(["the bank", None, 7, ["x"], "the bank raised the rate", ""], dtype=object)
    answers = pyfunc.predict(None, pd.DataFrame({"content": contents}))
    assert list(answers.columns) == COLUMNS
    assert answers["label"].tolist() == ["short", None, None, None, "long", None]
    assert answers["error"].isna().tolist() == [True, False, False, False, True, False]
    assert answers["probabilities"].tolist()[:2] == [{"short": 1.0, "long": 0.0}, {}]

"""Corrupted model files and arbitrary contents: a result or a UserError.

tests/support/fuzzing.py sets the number of inputs.
"""

import json

import pytest
from fuzzing import ODD_TEXTS, VALUES, assert_no_crash, corrupted, fuzzed, slowly
from hypothesis import given
from hypothesis import strategies as st

from crossfer.artifacts import io, paths
from crossfer.backbones import local
from crossfer.modalities.text import data as text
from crossfer.modalities.text.data.encoder import OPTIONS_FILE as ENCODER_OPTIONS
from crossfer.protocols import load_compression, load_models
from crossfer.serving.classifier import Classifier


@pytest.fixture(scope="module")
def served(tiny_backbone, tmp_path_factory):
    """The folder of a tiny text classifier: an fp32 ONNX graph."""
    folder = tmp_path_factory.mktemp("served")
    load_models("text").build(tiny_backbone, ["a", "b", "c"], "pretrained").save_pretrained(folder)
    text.make_cleaner(decode_entities=True).save(folder)
    encoder = text.make_encoder(tiny_backbone, folder, max_length=16, prefix="query: ")
    load_compression("text").export(
        folder, folder / paths.GRAPH_FILE, encoder.batch(encoder.encode(["a text", "one more, longer"]))
    )
    io.write_json(folder / paths.CLASSIFIER_FILE, {"modality": "text", "labels": ["a", "b", "c"]})
    return folder


CONTENTS = st.one_of(ODD_TEXTS, VALUES, st.binary(max_size=20), st.text(st.characters(categories=["Cs", "Mn", "Cf"])))


def test_classifier_takes_any_contents(served):
    classifier = Classifier(served, threads=1)

    @fuzzed
    @given(st.lists(CONTENTS, max_size=6))
    def any_contents(contents):
        answers = list(classifier.predict(contents))
        assert len(answers) == len(contents)
        for answer in answers:
            assert (answer.label is None) == (answer.probabilities is None) == (answer.error is not None)
            assert answer.label in (None, "a", "b", "c")

    any_contents()


@pytest.mark.parametrize("name", [paths.CLASSIFIER_FILE, ENCODER_OPTIONS, "config.json"])
def test_loaders_take_any_small_files(served, tmp_path, name):
    """A model whose small files are corrupted loads or is refused."""
    valid = (served / name).read_bytes()
    for file in served.iterdir():
        if file.name != name:
            (tmp_path / file.name).symlink_to(file)

    @slowly
    @given(st.one_of(corrupted(valid), VALUES.map(json.dumps).map(str.encode)))
    def any_bytes(content):
        (tmp_path / name).write_bytes(content)
        assert_no_crash(
            lambda: local.locate(str(tmp_path)) if name == "config.json" else Classifier(tmp_path, threads=1)
        )

    any_bytes()

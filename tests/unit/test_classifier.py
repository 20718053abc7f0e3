"""The classifier cleans contents, and rejects those that it cannot classify."""

import pytest

from crossfer.errors import UserError
from crossfer.protocols import load_modality
from crossfer.serving.classifier import Classifier


def classifier_without_model(modality_name, cleaner):
    """Return a classifier that can only clean contents."""
    classifier = Classifier.__new__(Classifier)
    modality = load_modality(modality_name)
    classifier.size, classifier.content_types, classifier.cleaner = modality.size, modality.CONTENT_TYPES, cleaner
    return classifier


@pytest.mark.parametrize(("modality", "content"), [("text", b"x"), ("text", None), ("text", 7), ("vision", "x")])
def test_a_content_of_another_type_is_rejected(modality, content):
    with pytest.raises(UserError, match=f"has the type {type(content).__name__}; pass .* instead"):
        classifier_without_model(modality, cleaner=None)._clean(content)


def test_the_error_of_an_unreadable_file_is_raised():
    with pytest.raises(UserError, match="x.txt is empty"):
        classifier_without_model("text", cleaner=None)._clean(UserError("x.txt is empty."))


def test_a_text_is_cleaned(tmp_path):
    cleaner = load_modality("text").make_cleaner(decode_entities=True)
    assert classifier_without_model("text", cleaner)._clean(" the\tbank ") == "the bank"


def test_a_bug_in_the_cleaner_is_not_reported_as_an_invalid_content():
    class BrokenCleaner:
        def clean(self, content):
            return content + 1, []

    with pytest.raises(TypeError, match="can only concatenate str"):
        classifier_without_model("text", BrokenCleaner())._clean("the bank")

"""What the classifier does with a content that is of another type, and with a bug of our own."""

import pytest

from crossfer.errors import UserError
from crossfer.protocols import load_modality
from crossfer.serving.classifier import Classifier


def classifier(modality, cleaner):
    """A classifier without a model: it only cleans contents."""
    made = Classifier.__new__(Classifier)
    module = load_modality(modality)
    made.size, made.content_types, made.cleaner = module.size, module.CONTENT_TYPES, cleaner
    return made


@pytest.mark.parametrize(("modality", "content"), [("text", b"x"), ("text", None), ("text", 7), ("vision", "x")])
def test_a_content_of_another_type_is_refused(modality, content):
    with pytest.raises(UserError, match=f"has the type {type(content).__name__}, which this model does not take"):
        classifier(modality, cleaner=None)._cleaned(content)


def test_a_file_that_could_not_be_read_is_an_error():
    with pytest.raises(UserError, match="x.txt is empty"):
        classifier("text", cleaner=None)._cleaned(UserError("x.txt is empty."))


def test_a_text_is_cleaned(tmp_path):
    cleaner = load_modality("text").load_cleaner(tmp_path)
    assert classifier("text", cleaner)._cleaned(" the\tbank ") == "the bank"


def test_a_bug_in_the_cleaner_is_not_blamed_on_the_content():
    class Broken:
        def clean(self, content):
            return content + 1, []

    with pytest.raises(TypeError, match="can only concatenate str"):
        classifier("text", Broken())._cleaned("the bank")

"""The baseline of texts is fair in every script."""

import pytest

from crossfer.modalities.text.data import baseline

CHINESE = {
    "\u5feb": [
        "\u9001\u8d27\u5f88\u5feb\u5305\u88c5\u5b8c\u597d",
        "\u5ba2\u670d\u56de\u590d\u5f88\u5feb\u6001\u5ea6\u597d",
        "\u901f\u5ea6\u5feb\u4ef7\u683c\u4e5f\u5408\u9002",
    ],
    "\u6162": [
        "\u7b49\u4e86\u5f88\u4e45\u624d\u9001\u5230",
        "\u7269\u6d41\u592a\u6162\u4e86\u5f88\u5931\u671b",
        "\u4e00\u4e2a\u661f\u671f\u8fd8\u6ca1\u6536\u5230",
    ],
}
ONE_LETTER_WORDS = {
    "good": ["\u4f18 \u826f \u597d \u7f8e", "\u68d2 \u4f18 \u5feb \u7f8e"],
    "bad": ["\u5dee \u574f \u6162 \u4e11", "\u6162 \u5dee \u70c2 \u574f"],
}
HINDI = {
    "good": ["\u092f\u0939 \u092c\u0939\u0941\u0924 \u0905\u091a\u094d\u091b\u093e \u0939\u0948"],
    "bad": ["\u092f\u0939 \u092c\u0939\u0941\u0924 \u0916\u0930\u093e\u092c \u0939\u0948"],
}


@pytest.mark.parametrize("texts", [CHINESE, ONE_LETTER_WORDS, HINDI], ids=["unspaced", "one letter", "marks"])
def test_baseline_learns_texts_of_any_script(texts):
    contents = [f"{content}{number}" for contents in texts.values() for content in contents for number in range(10)]
    labels = [label for label, contents in texts.items() for _ in contents for _ in range(10)]
    fitted = baseline().fit(contents[::2], labels[::2])
    assert fitted.score(contents[1::2], labels[1::2]) == 1

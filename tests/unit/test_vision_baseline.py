"""The baseline of image tasks."""

from image_files import draw_glyph, encode_image
from repository import read_all_rows

from crossfer.modalities.vision import data as vision
from crossfer.sources import digits

INK = vision.make_cleaner("mnist", 28)


def test_baseline_learns():
    rows = read_all_rows(digits.read("uci"))
    contents = [INK.clean(content)[0] for content in rows["content"][:600]]
    classifier = vision.baseline().fit(contents[:400], rows["label"][:400])
    assert (classifier.predict(contents[400:]) == rows["label"][400:600]).mean() > 0.8


def test_baseline_accepts_images_of_any_size_and_mode():
    contents = [encode_image(draw_glyph(text=text, width=width).convert("RGB")) for text in "17" for width in (30, 50)]
    classifier = vision.baseline().fit(contents, ["1", "1", "7", "7"])
    assert classifier[-1].coef_.shape == (1, 28 * 28)
    assert list(classifier.predict(contents)) == ["1", "1", "7", "7"]

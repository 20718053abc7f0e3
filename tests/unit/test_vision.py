"""Pictures: one form whatever they come as, framed as MNIST's makers did; and what is made of it."""

import warnings

import numpy as np
import pytest
from drawn_digits import file, glyph, grey, picture
from PIL import Image
from repository import read_all_rows

from crossfer.modalities.vision import data as vision
from crossfer.sources import digits

INK = vision.make_cleaner("mnist", 28)


def difference(content, other):
    return np.abs(grey(content) - grey(other)).mean()


# --- the one form: ink


def test_both_polarities_become_light_on_dark():
    light, changes = INK.clean(file(glyph()))
    dark, dark_changes = INK.clean(file(glyph(ink=0, paper=255)))
    assert dark == light
    assert (changes, dark_changes) == (["size"], ["polarity", "size"])
    assert picture(light).mode == "L" and picture(light).format == "PNG"
    assert grey(light)[0, 0] == 0 and grey(light).max() == 255


def test_faint_ink_on_grey_paper_is_as_good():
    faint, _ = INK.clean(file(glyph(ink=140, paper=190)))
    assert difference(faint, INK.clean(file(glyph()))[0]) < 1


def channels():
    """The same dark glyph on white in every set of channels; where there is an alpha channel, on nothing."""
    drawn = glyph(ink=0, paper=255)
    blank, inverted = Image.new("L", drawn.size), Image.fromarray(255 - np.asarray(drawn))
    wide = np.asarray(drawn).astype(np.uint16) * 257
    see_through = Image.merge("RGBA", [blank, blank, blank, inverted])
    return {
        "RGB": file(drawn.convert("RGB")),
        "palette": file(drawn.convert("P")),
        "GIF": file(drawn, "GIF"),
        "16 bit": file(Image.fromarray(wide)),
        "16-bit TIFF": file(Image.fromarray(wide), "TIFF"),
        "float": file(Image.fromarray(np.asarray(drawn, np.float32)), "TIFF"),
        "CMYK": file(drawn.convert("RGB").convert("CMYK"), "TIFF"),
        "RGBA": file(drawn.convert("RGBA")),
        "RGBA, transparent ground": file(see_through),
        "LA, transparent ground": file(Image.merge("LA", [blank, inverted])),
        "WEBP, transparent ground": file(see_through, "WEBP", lossless=True),
        "RGBA, light ink": file(Image.merge("RGBA", [Image.new("L", drawn.size, 255)] * 3 + [inverted])),
    }


@pytest.mark.parametrize("name", channels())
def test_every_set_of_channels_gives_the_same(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        cleaned, changes = INK.clean(channels()[name])
    expected, _ = INK.clean(file(glyph()))
    assert difference(cleaned, expected) < 0.5
    assert "channels" in changes and "orientation" not in changes
    assert ("polarity" in changes) is (name != "RGBA, light ink")


def test_a_palette_with_a_transparent_colour():
    """Nearly black on black, of which the second is transparent: what can be seen is on white."""
    drawn = Image.fromarray((np.asarray(glyph()) > 127).astype(np.uint8), "P")
    drawn.putpalette([0, 0, 0, 30, 30, 30])
    cleaned, changes = INK.clean(file(drawn, transparency=0))
    assert changes == ["channels", "polarity", "size"]
    assert difference(cleaned, INK.clean(file(glyph()))[0]) < 10


def test_a_black_and_white_picture():
    cleaned, changes = INK.clean(file(glyph().convert("1", dither=Image.Dither.NONE)))
    assert difference(cleaned, INK.clean(file(glyph()))[0]) < 10
    assert changes == ["channels", "size"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_turned_back(orientation, kind):
    upright = glyph()
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)
    stored = upright if turn is None else upright.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"exif": exif} | ({"quality": 100} if kind in ("JPEG", "WEBP") else {})
    for cleaner in (INK, vision.make_cleaner("none", 64)):
        cleaned, changes = cleaner.clean(file(stored, kind, **options))
        assert difference(cleaned, cleaner.clean(file(upright))[0]) < 3
        if kind != "TIFF":  # which Pillow turns as it reads
            assert ("orientation" in changes) is (orientation > 1)


@pytest.mark.parametrize("kind", ["mnist", "uci", "print"])
def test_cleaning_twice_is_cleaning_once(kind):
    for content in read_all_rows(digits.read(kind))["content"][::40]:
        once, _ = INK.clean(content)
        twice, changes = INK.clean(once)
        assert changes == []
        assert difference(once, twice) < 3, kind


@pytest.mark.parametrize("value", [0, 60, 255])
def test_a_blank_picture_has_no_size(value):
    for cleaner in (INK, vision.make_cleaner("none", 28)):
        assert vision.size(cleaner.clean(file(Image.new("L", (30, 20), value)))[0]) == 0
    assert vision.size(INK.clean(file(Image.new("RGBA", (30, 20), (value, value, value, 0))))[0]) == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (8, 8)])
def test_odd_shapes(shape):
    drawn = Image.new("L", shape, 0)
    drawn.putpixel((shape[0] // 2, shape[1] // 2), 255)
    cleaned, _ = INK.clean(file(drawn))
    assert picture(cleaned).size == (28, 28)


def test_size_counts_what_differs_from_the_ground():
    drawn = Image.new("L", (10, 10), 7)
    drawn.paste(200, (0, 0, 3, 2))
    assert vision.size(file(drawn)) == 6


# --- the one form: whole


def test_whole_pictures_keep_colour_and_proportions():
    drawn = Image.new("RGB", (200, 100), (200, 30, 90))
    cleaned, changes = vision.make_cleaner("none", 50).clean(file(drawn))
    assert (picture(cleaned).mode, picture(cleaned).size) == ("RGB", (50, 25))
    assert picture(cleaned).getpixel((20, 10)) == (200, 30, 90)
    assert changes == ["size"]
    small, changes = vision.make_cleaner("none", 500).clean(file(drawn.convert("L")))
    assert (picture(small).mode, picture(small).size) == ("RGB", (200, 100))  # never enlarged
    assert changes == ["channels"]


def test_whole_pictures_are_not_inverted():
    light, changes = vision.make_cleaner("none", 64).clean(file(glyph(ink=0, paper=255).convert("RGB")))
    assert changes == []
    assert grey(light)[0, 0] == 255


# --- saving, page, frames


@pytest.mark.parametrize(("framing", "size"), [("mnist", 28), ("none", 224)])
def test_a_saved_cleaner_comes_back(tmp_path, framing, size):
    cleaner = vision.make_cleaner(framing, size)
    cleaner.save(tmp_path)
    assert vision.load_cleaner(tmp_path) == cleaner


def test_a_picture_on_a_page_is_inside_it():
    import base64
    import re

    content, _ = INK.clean(file(glyph()))
    shown = vision.as_html(content)
    (data,) = re.fullmatch(r'<img alt="" src="data:image/png;base64,([\w+/=]+)">', shown).groups()
    assert base64.b64decode(data) == content


def test_of_a_moving_picture_the_first_frame_is_kept_and_the_rest_is_counted():
    first, second = glyph(), Image.new("L", glyph().size, 255)
    moving = file(first, "GIF", save_all=True, append_images=[second])
    cleaned, changes = INK.clean(moving)
    assert changes[0] == "frames"
    assert difference(cleaned, INK.clean(file(first))[0]) < 0.5
    assert "frames" not in INK.clean(file(first, "GIF"))[1]

"""The image cleaner gives one result for all encodings of an image."""

import warnings

import numpy as np
import pytest
from image_files import decode_image, draw_glyph, encode_image, grey_values
from PIL import Image
from repository import read_all_rows

from crossfer.modalities.vision import data as vision
from crossfer.sources import digits

INK = vision.make_cleaner("mnist", 28)


def difference(content, other):
    return np.abs(grey_values(content) - grey_values(other)).mean()


# --- framing: mnist


def test_ink_becomes_light():
    light, changes = INK.clean(encode_image(draw_glyph()))
    dark, dark_changes = INK.clean(encode_image(draw_glyph(ink=0, paper=255)))
    assert dark == light
    assert (changes, dark_changes) == (["size"], ["polarity", "size"])
    assert decode_image(light).mode == "L" and decode_image(light).format == "PNG"
    assert grey_values(light)[0, 0] == 0 and grey_values(light).max() == 255


def test_contrast_is_stretched():
    faint, _ = INK.clean(encode_image(draw_glyph(ink=140, paper=190)))
    assert difference(faint, INK.clean(encode_image(draw_glyph()))[0]) < 1


def channels():
    """Return the same dark glyph in all sets of channels.

    The background is white or transparent.
    """
    image = draw_glyph(ink=0, paper=255)
    blank, inverted = Image.new("L", image.size), Image.fromarray(255 - np.asarray(image))
    wide = np.asarray(image).astype(np.uint16) * 257
    transparent = Image.merge("RGBA", [blank, blank, blank, inverted])
    return {
        "RGB": encode_image(image.convert("RGB")),
        "palette": encode_image(image.convert("P")),
        "GIF": encode_image(image, "GIF"),
        "16 bit": encode_image(Image.fromarray(wide)),
        "16-bit TIFF": encode_image(Image.fromarray(wide), "TIFF"),
        "float": encode_image(Image.fromarray(np.asarray(image, np.float32)), "TIFF"),
        "float, 0 to 1": encode_image(Image.fromarray(np.asarray(image, np.float32) / 255), "TIFF"),
        "float, 0 to 65535": encode_image(Image.fromarray(np.asarray(image, np.float32) * 257), "TIFF"),
        "float, -100 to 665": encode_image(Image.fromarray(np.asarray(image, np.float32) * 3 - 100), "TIFF"),
        "32-bit integers, 0 to 255": encode_image(Image.fromarray(np.asarray(image, np.int32)), "TIFF"),
        "32-bit integers, 0 to 65535": encode_image(Image.fromarray(np.asarray(image, np.int32) * 257), "TIFF"),
        "CMYK": encode_image(image.convert("RGB").convert("CMYK"), "TIFF"),
        "RGBA": encode_image(image.convert("RGBA")),
        "RGBA, transparent background": encode_image(transparent),
        "LA, transparent background": encode_image(Image.merge("LA", [blank, inverted])),
        "WEBP, transparent background": encode_image(transparent, "WEBP", lossless=True),
        "RGBA, light ink": encode_image(Image.merge("RGBA", [Image.new("L", image.size, 255)] * 3 + [inverted])),
    }


@pytest.mark.parametrize("name", channels())
def test_channels_give_the_same_result(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        cleaned, changes = INK.clean(channels()[name])
    expected, _ = INK.clean(encode_image(draw_glyph()))
    assert difference(cleaned, expected) < 0.5
    assert "channels" in changes and "orientation" not in changes
    assert ("polarity" in changes) is (name != "RGBA, light ink")


def test_floats_that_are_no_numbers_are_black():
    values = np.asarray(draw_glyph(ink=255, paper=0), np.float32) / 255
    values[0, :3] = np.nan, np.inf, -np.inf
    values.view(np.uint32)[0, 3] = 0xFFBB0CCD  # a signalling NaN
    cleaned, _ = INK.clean(encode_image(Image.fromarray(values), "TIFF"))
    assert difference(cleaned, INK.clean(encode_image(draw_glyph()))[0]) < 0.5
    assert vision.size(INK.clean(encode_image(Image.fromarray(np.full_like(values, 7)), "TIFF"))[0]) == 0


@pytest.mark.parametrize("name", ["AVIF", "DIB", "JPEG2000", "PPM", "TGA", "PCX", "QOI", "SGI", "DDS"])
def test_less_common_formats(name):
    cleaned, _ = INK.clean(encode_image(draw_glyph(ink=0, paper=255).convert("RGB"), name))
    assert difference(cleaned, INK.clean(encode_image(draw_glyph()))[0]) < 2


def test_palette_with_a_transparent_colour():
    """Dark ink on transparent black is placed on white."""
    image = Image.fromarray((np.asarray(draw_glyph()) > 127).astype(np.uint8), "P")
    image.putpalette([0, 0, 0, 30, 30, 30])
    cleaned, changes = INK.clean(encode_image(image, transparency=0))
    assert changes == ["channels", "polarity", "size"]
    assert difference(cleaned, INK.clean(encode_image(draw_glyph()))[0]) < 10


def test_black_and_white_image():
    cleaned, changes = INK.clean(encode_image(draw_glyph().convert("1", dither=Image.Dither.NONE)))
    assert difference(cleaned, INK.clean(encode_image(draw_glyph()))[0]) < 10
    assert changes == ["channels", "size"]


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_rotation_in_exif_is_applied(orientation, image_format):
    upright = draw_glyph()
    transpose = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)
    stored = upright if transpose is None else upright.transpose(transpose)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"exif": exif} | ({"quality": 100} if image_format in ("JPEG", "WEBP") else {})
    for cleaner in (INK, vision.make_cleaner("none", 64)):
        cleaned, changes = cleaner.clean(encode_image(stored, image_format, **options))
        assert difference(cleaned, cleaner.clean(encode_image(upright))[0]) < 3
        if image_format != "TIFF":  # Pillow rotates TIFF itself
            assert ("orientation" in changes) is (orientation > 1)


@pytest.mark.parametrize("name", ["mnist", "uci", "print"])
def test_cleaning_is_idempotent(name):
    for content in read_all_rows(digits.read(name))["content"][::40]:
        once, _ = INK.clean(content)
        twice, changes = INK.clean(once)
        assert changes == []
        assert difference(once, twice) < 3, name


@pytest.mark.parametrize("value", [0, 60, 255])
def test_blank_image_has_size_zero(value):
    for cleaner in (INK, vision.make_cleaner("none", 28)):
        assert vision.size(cleaner.clean(encode_image(Image.new("L", (30, 20), value)))[0]) == 0
    assert vision.size(INK.clean(encode_image(Image.new("RGBA", (30, 20), (value, value, value, 0))))[0]) == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (8, 8)])
def test_unusual_shapes(shape):
    image = Image.new("L", shape, 0)
    image.putpixel((shape[0] // 2, shape[1] // 2), 255)
    cleaned, _ = INK.clean(encode_image(image))
    assert decode_image(cleaned).size == (28, 28)


def test_size_counts_pixels_unlike_the_background():
    image = Image.new("L", (10, 10), 7)
    image.paste(200, (0, 0, 3, 2))
    assert vision.size(encode_image(image)) == 6


# --- framing: none


def test_photograph_keeps_colour_and_proportions():
    image = Image.new("RGB", (200, 100), (200, 30, 90))
    cleaned, changes = vision.make_cleaner("none", 50).clean(encode_image(image))
    assert (decode_image(cleaned).mode, decode_image(cleaned).size) == ("RGB", (50, 25))
    assert decode_image(cleaned).getpixel((20, 10)) == (200, 30, 90)
    assert changes == ["size"]
    same_size, changes = vision.make_cleaner("none", 500).clean(encode_image(image.convert("L")))
    assert (decode_image(same_size).mode, decode_image(same_size).size) == ("RGB", (200, 100))  # never enlarged
    assert changes == ["channels"]


def test_photograph_is_not_inverted():
    light, changes = vision.make_cleaner("none", 64).clean(encode_image(draw_glyph(ink=0, paper=255).convert("RGB")))
    assert changes == []
    assert grey_values(light)[0, 0] == 255


# --- saving, HTML, frames


@pytest.mark.parametrize(("framing", "size"), [("mnist", 28), ("none", 224)])
def test_saved_cleaner_is_loaded(tmp_path, framing, size):
    cleaner = vision.make_cleaner(framing, size)
    cleaner.save(tmp_path)
    assert vision.load_cleaner(tmp_path) == cleaner


def test_html_contains_the_image():
    import base64
    import re

    content, _ = INK.clean(encode_image(draw_glyph()))
    html = vision.as_html(content)
    (data,) = re.fullmatch(r'<img alt="" src="data:image/png;base64,([\w+/=]+)">', html).groups()
    assert base64.b64decode(data) == content


def test_first_frame_of_an_animation_remains():
    first, second = draw_glyph(), Image.new("L", draw_glyph().size, 255)
    animation = encode_image(first, "GIF", save_all=True, append_images=[second])
    cleaned, changes = INK.clean(animation)
    assert changes[0] == "frames"
    assert difference(cleaned, INK.clean(encode_image(first))[0]) < 0.5
    assert "frames" not in INK.clean(encode_image(first, "GIF"))[1]

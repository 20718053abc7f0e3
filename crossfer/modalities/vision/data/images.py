"""Read and write image files; size, fingerprint and HTML of an image."""

import base64
import hashlib
import io
import warnings

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from crossfer.errors import UserError

USUAL_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
# Not the others that Pillow knows: EPS starts a program, WMF needs Windows, icons (ICO, CUR, ICNS) contain files of
# other formats and sizes, and some have no signature or no decoder.
FORMATS = (
    *USUAL_FORMATS,
    *("DIB", "AVIF", "JPEG2000", "PPM", "TGA", "PCX", "QOI", "SGI", "PSD", "DDS", "SUN", "FITS", "XBM", "XPM"),
)
MAX_PIXELS = 50_000_000  # need some 2 GB while they are cleaned


def open_image(content: bytes) -> Image.Image:
    """Return the decoded image.

    Raises:
        UserError: the bytes are not a readable image in one of FORMATS, or it has more than MAX_PIXELS.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # about irregular files
            image = Image.open(io.BytesIO(content), formats=FORMATS)
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"it has {image.width} by {image.height} pixels, the maximum is {MAX_PIXELS:,}")
            image.load()
            image.getexif()  # Pillow reads it and the number of frames late; both may be broken
            getattr(image, "n_frames", 1)
    except UnidentifiedImageError:  # its own message contains a memory address
        raise UserError(
            f"an image of {len(content)} bytes cannot be read: its format is unknown. Use {', '.join(USUAL_FORMATS)}."
        ) from None
    except Exception as error:  # Pillow raises errors of any type for broken files
        raise UserError(f"an image of {len(content)} bytes cannot be read: {error}; replace it.") from error
    return image


def to_8_bit(image: Image.Image) -> Image.Image:
    """Scale grey values to bytes; Pillow's own conversion would clip them.

    Values of 32 bits and floating-point numbers have the smallest range of 0 to 1 (floating point only), 0 to 255 and 0
    to 65535 that contains them, or else the range from their minimum to their maximum.
    """
    if not image.mode.startswith(("I", "F")):
        return image
    with np.errstate(invalid="ignore"):  # numbers that are not finite
        values = np.asarray(image).astype(np.float64)
    finite = np.isfinite(values)
    low, high = (values[finite].min(), values[finite].max()) if finite.any() else (0, 0)
    ranges = {"F": (1, 255, 65535), "I": (255, 65535)}.get(image.mode, (65535,))
    maximum: float = next((maximum for maximum in ranges if low >= 0 and high <= maximum), 0)
    if not maximum:
        values, maximum = values - low, max(high - low, 1e-300)
    scaled = np.where(finite, values, 0) * (255 / maximum)
    return Image.fromarray(scaled.round().astype(np.uint8))


def to_png(image: Image.Image) -> bytes:
    """Return a PNG file with the colour profile, unless it is too large for readers."""
    file = io.BytesIO()
    profile = image.info.get("icc_profile")
    profile_fits = profile is not None and len(profile) <= PngImagePlugin.MAX_TEXT_CHUNK
    image.save(file, "PNG", icc_profile=profile if profile_fits else None)
    return file.getvalue()


def size(content: bytes) -> int:
    """Return the number of pixels that differ from the most frequent brightness.

    It is 0 for a blank image.
    """
    brightness = np.asarray(open_image(content).convert("L"))
    return int(brightness.size - np.bincount(brightness.ravel()).max())


def fingerprint(content: bytes) -> str:
    """Return a text that is equal for clean images that count as duplicates.

    For drawings (grey) it is a perceptual hash of 64 bits (ImageHash's), equal for near-duplicates. That hash ignores
    colour, so for photographs (RGB) it is a digest of the pixels.
    """
    import imagehash

    image = open_image(content)
    if image.mode == "L":
        return str(imagehash.phash(image))
    return hashlib.sha256(f"{image.mode} {image.size}".encode() + image.tobytes()).hexdigest()


def as_html(content: bytes) -> str:
    """Return the image as HTML with embedded data."""
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(content).decode()}">'

"""Image files: decoded and written, and how large they are, which ones are equal, and how a page shows them."""

import base64
import io
import warnings

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from crossfer.errors import UserError

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")  # Pillow's others, such as EPS, may start programs
MAX_PIXELS = 50_000_000  # some 2 GB while they are cleaned


def open_image(content: bytes) -> Image.Image:
    """Return the decoded image.

    Raises:
        UserError: the bytes are no image, none of FORMATS, or one of more than MAX_PIXELS.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # about oddities in a file, by lines of Pillow's code
            image = Image.open(io.BytesIO(content), formats=FORMATS)
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"it has {image.width} by {image.height} pixels, allowed are {MAX_PIXELS:,}")
            image.load()
            image.getexif()  # read late, as is the number of frames, and either may be broken
            getattr(image, "n_frames", 1)
    except UnidentifiedImageError:  # its own message contains a memory address
        raise UserError(
            f"a picture of {len(content)} bytes cannot be read: no format of pictures that is read, which are"
            f" {', '.join(FORMATS)}."
        ) from None
    except Exception as error:  # broken files raise errors of any type in Pillow's readers
        raise UserError(f"a picture of {len(content)} bytes cannot be read: {error}.") from error
    return image


def to_png(image: Image.Image) -> bytes:
    """Return the image as a PNG file with its colour profile, unless no reader would accept one so large."""
    file = io.BytesIO()
    profile = image.info.get("icc_profile")
    fits = profile is not None and len(profile) <= PngImagePlugin.MAX_TEXT_CHUNK
    image.save(file, "PNG", icc_profile=profile if fits else None)
    return file.getvalue()


def size(content: bytes) -> int:
    """Return the number of pixels whose brightness is not the most frequent one: 0 for an empty image."""
    grey = np.asarray(open_image(content).convert("L"))
    return int(grey.size - np.bincount(grey.ravel()).max())


def fingerprint(content: bytes) -> str:
    """Return a perceptual hash (ImageHash's pHash, 64 bits: signs of low frequencies), equal for near duplicates."""
    import imagehash

    return str(imagehash.phash(open_image(content)))


def as_html(content: bytes) -> str:
    """Return the image itself as HTML."""
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(content).decode()}">'

"""Normalize images: orientation, channels and size.

For drawings, also normalize polarity, noise and framing.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from crossfer.modalities.vision.data import drawings
from crossfer.modalities.vision.data.images import open_image, to_8_bit, to_png

OPTIONS_FILE = "cleaner.json"
ROTATED_ORIENTATIONS = range(2, 9)  # values of EXIF's orientation other than upright


@dataclass(frozen=True)
class ImageCleaner:
    """Brings images to one orientation, one set of channels and one size.

    Attributes:
        framing: `mnist` for drawings and glyphs: grey, light ink on black, framed as MNIST is; `none` for photographs:
            RGB, uncropped.
        size: pixels of the square's side; for `none` the maximum of the longer side.
    """

    framing: str
    size: int

    def clean(self, content: bytes) -> tuple[bytes, list[str]]:
        """Return the clean image as PNG, and the names of the steps that changed it.

        Of an animation, the first frame remains.

        Raises:
            UserError: the bytes are not a readable image.
        """
        stored_image = open_image(content)
        upright_image = ImageOps.exif_transpose(stored_image)
        image = to_8_bit(_remove_transparency(upright_image)).convert("L" if self.framing == "mnist" else "RGB")
        changes = {
            "frames": getattr(stored_image, "n_frames", 1) > 1,
            "orientation": stored_image.getexif().get(ExifTags.Base.Orientation) in ROTATED_ORIENTATIONS,
            "channels": stored_image.mode != image.mode,
        }
        if self.framing == "mnist":
            light_ink = drawings.invert_dark_ink(image)
            denoised_image = drawings.remove_noise(light_ink)
            changes |= {"polarity": light_ink is not image, "noise": denoised_image is not light_ink}
            image = drawings.frame_ink(denoised_image, self.size)
        else:
            image = image.copy()
            image.thumbnail((self.size, self.size), Image.Resampling.LANCZOS)
        changes["size"] = image.size != upright_image.size
        return to_png(image), [name for name, changed in changes.items() if changed]

    def save(self, folder: Path) -> None:
        """Write the options."""
        (folder / OPTIONS_FILE).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def make_cleaner(framing: str, size: int) -> ImageCleaner:
    """Return the cleaner with these options."""
    return ImageCleaner(framing, size)


def load_cleaner(folder: Path) -> ImageCleaner:
    """Return the cleaner that was saved to `folder`."""
    return ImageCleaner(**json.loads((folder / OPTIONS_FILE).read_text(encoding="utf-8")))


def _remove_transparency(image: Image.Image) -> Image.Image:
    """Return the image on white; on black if its visible part is light."""
    if not image.has_transparency_data:
        return image
    rgba_image = image.convert("RGBA")
    alpha = np.asarray(rgba_image.getchannel("A"), np.float64)
    brightness = np.asarray(rgba_image.convert("RGB").convert("L"), np.float64)
    background = "black" if (brightness * alpha).sum() >= 128 * alpha.sum() else "white"
    return Image.alpha_composite(Image.new("RGBA", rgba_image.size, background), rgba_image)

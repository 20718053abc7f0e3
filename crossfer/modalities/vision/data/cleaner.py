"""Image normalization: orientation, channels and size; for drawings also polarity, noise and framing."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from crossfer.modalities.vision.data import drawings
from crossfer.modalities.vision.data.images import open_image, to_png

OPTIONS = "cleaner.json"
ROTATED = range(2, 9)  # values of EXIF's orientation other than upright


@dataclass(frozen=True)
class ImageCleaner:
    """Brings images to one orientation, one set of channels and one size.

    Attributes:
        framing: `mnist` for drawings and glyphs: grey, light ink on a dark ground without noise, framed as
            MNIST's are (`crossfer.modalities.vision.data.drawings`); `none` for photographs: RGB, uncropped.
        size: pixels of the square's side; for `none` the maximum of the longer side.
    """

    framing: str
    size: int

    def clean(self, content: bytes) -> tuple[bytes, list[str]]:
        """Return the clean image as PNG, and what changed: frames, orientation, channels, polarity, noise, size.

        The first frame of an animation is kept.

        Raises:
            UserError: the bytes are no image.
        """
        stored = open_image(content)
        upright = ImageOps.exif_transpose(stored)
        changed = {"frames": getattr(stored, "n_frames", 1) > 1}
        changed["orientation"] = stored.getexif().get(ExifTags.Base.Orientation) in ROTATED
        channels = _eight_bit(_opaque(upright)).convert("L" if self.framing == "mnist" else "RGB")
        changed["channels"] = stored.mode != channels.mode
        if self.framing == "mnist":
            light = drawings.light_on_dark(channels)
            plain = drawings.on_plain_ground(light)
            changed["polarity"], changed["noise"] = light is not channels, plain is not light
            framed = drawings.framed(plain, self.size)
        else:
            framed = channels.copy()
            framed.thumbnail((self.size, self.size), Image.Resampling.LANCZOS)
        changed["size"] = framed.size != upright.size
        return to_png(framed), [name for name, value in changed.items() if value]

    def save(self, folder: Path) -> None:
        """Write the options."""
        (folder / OPTIONS).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def make_cleaner(framing: str, size: int) -> ImageCleaner:
    """Return the cleaner with these options."""
    return ImageCleaner(framing, size)


def load_cleaner(folder: Path) -> ImageCleaner:
    """Return the cleaner that was saved to `folder`."""
    return ImageCleaner(**json.loads((folder / OPTIONS).read_text(encoding="utf-8")))


def _opaque(image: Image.Image) -> Image.Image:
    """Return the image on white; on black if all that is visible of it is light."""
    if not image.has_transparency_data:
        return image
    layered = image.convert("RGBA")
    alpha = np.asarray(layered.getchannel("A"), np.float64)
    light = np.asarray(layered.convert("RGB").convert("L"), np.float64)
    ground = "black" if (light * alpha).sum() >= 128 * alpha.sum() else "white"
    return Image.alpha_composite(Image.new("RGBA", layered.size, ground), layered)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Return a grey image of 16 bits with 8; Pillow's own conversion would clip all that is lighter."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image).clip(0, 65535) / 257).round().astype(np.uint8))

"""Pictures: what counts as the same picture, and how it becomes an array. Its models are in vision_model.

A content is a picture file's bytes. Clean ones are PNG.
"""

import base64
import io
import json
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from crossfer.errors import UserError
from crossfer.modalities.vision.data import drawings

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

PACKAGES = ("pillow",)
CLEANER, OPTIONS = "cleaner.json", "encoder.json"
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")  # Pillow's others, such as EPS, may start programs
LARGEST = 50_000_000  # pixels: some 2 GB while they are cleaned
TURNED = range(2, 9)  # values of EXIF's orientation other than upright
FLOOR_SIZE = 28  # pixels a side, that the classical classifier sees


@dataclass(frozen=True)
class PictureCleaner:
    """Brings pictures to one orientation, one set of channels and one size.

    Attributes:
        frame: `ink` for drawings and glyphs: grey, light ink on a dark ground without noise, framed as
            MNIST's are (`crossfer.modalities.vision.data.drawings`); `whole` for pictures of the world: RGB, all of it.
        size: pixels of the square's side; for `whole` the longer side's at most.
    """

    frame: str
    size: int

    def clean(self, content: bytes) -> tuple[bytes, list[str]]:
        """The picture in its one form, a PNG, and what changed: frames, orientation, channels, polarity, noise, size.

        Of a moving picture the first frame is kept.

        Raises:
            UserError: the bytes are no picture.
        """
        stored = opened(content)
        upright = ImageOps.exif_transpose(stored)
        changed = {"frames": getattr(stored, "n_frames", 1) > 1}
        changed["orientation"] = stored.getexif().get(ExifTags.Base.Orientation) in TURNED
        channels = _eight_bit(_opaque(upright)).convert("L" if self.frame == "ink" else "RGB")
        changed["channels"] = stored.mode != channels.mode
        if self.frame == "ink":
            light = drawings.light_on_dark(channels)
            plain = drawings.on_plain_ground(light)
            changed["polarity"], changed["noise"] = light is not channels, plain is not light
            framed = drawings.framed(plain, self.size)
        else:
            framed = channels.copy()
            framed.thumbnail((self.size, self.size), Image.Resampling.LANCZOS)
        changed["size"] = framed.size != upright.size
        return png(framed), [name for name, value in changed.items() if value]

    def save(self, folder: Path) -> None:
        """Write the options."""
        (folder / CLEANER).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def make_cleaner(frame: str, size: int) -> PictureCleaner:
    """The cleaner with these options."""
    return PictureCleaner(frame, size)


def load_cleaner(folder: Path) -> PictureCleaner:
    """The cleaner that was saved to `folder`."""
    return PictureCleaner(**json.loads((folder / CLEANER).read_text(encoding="utf-8")))


def size(content: bytes) -> int:
    """Pixels whose brightness is not the most frequent one: nothing in an empty picture."""
    grey = np.asarray(opened(content).convert("L"))
    return int(grey.size - np.bincount(grey.ravel()).max())


def fingerprint(content: bytes) -> str:
    """A perceptual hash (ImageHash's pHash, 64 bits: signs of low frequencies), equal for near duplicates."""
    import imagehash

    return str(imagehash.phash(opened(content)))


@dataclass(frozen=True)
class PictureEncoder:
    """How pictures become a backbone's input.

    Attributes:
        size: pixels of a side.
        resample: Pillow's number of the way to resize that the backbone's image processor has.
        turned_round: blue comes first, as MobileViT's processor has it.
    """

    size: int
    resample: int
    turned_round: bool

    def encode(self, contents: Sequence[bytes]) -> list[NDArray[np.uint8]]:
        """Pixels of each picture, one channel after the other: (3 * size * size,), from 0 to 255.

        The whole picture is resized, by the processor's resampling: processors themselves cut off edges, some of them
        always. How its values are scaled is the model's matter (vision_model).
        """
        square = (self.size, self.size)
        channels = [2, 1, 0] if self.turned_round else [0, 1, 2]
        pictures = (
            opened(content).convert("RGB").resize(square, Image.Resampling(self.resample)) for content in contents
        )
        return [np.asarray(picture)[..., channels].transpose(2, 0, 1).ravel() for picture in pictures]

    def seen(self, content: bytes) -> bytes:
        """The whole picture."""
        return content

    def batch(self, inputs: Sequence[NDArray[np.uint8]]) -> dict[str, NDArray[np.uint8]]:
        """What a graph takes of inputs: pixels, (rows, 3, size, size)."""
        return {"pixels": np.stack(inputs).reshape(-1, 3, self.size, self.size)}


def make_encoder(backbone: Path, folder: Path, size: int) -> PictureEncoder:
    """Write the image processor of a backbone to `folder`, as transformers does, with the encoder's options beside it.

    Raises:
        UserError: the backbone has none that works without torchvision.
    """
    from transformers import AutoImageProcessor

    try:
        processor = AutoImageProcessor.from_pretrained(backbone, trust_remote_code=False, backend="pil")
    except (OSError, ValueError, ImportError) as error:
        raise UserError(f"backbone folder {backbone} has no image processor: {str(error).splitlines()[0]}") from None
    processor.save_pretrained(folder)
    turned_round = bool(getattr(processor, "do_flip_channel_order", False))
    encoder = PictureEncoder(size, int(processor.resample), turned_round)
    (folder / OPTIONS).write_text(json.dumps(asdict(encoder), indent=1) + "\n", encoding="utf-8")
    return encoder


def load_encoder(folder: Path) -> PictureEncoder:
    """The encoder that `make_encoder` wrote to `folder`; transformers is not needed for it."""
    return PictureEncoder(**json.loads((folder / OPTIONS).read_text(encoding="utf-8")))


def floor() -> "Pipeline":
    """Grey pixels and a linear SVM."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    from sklearn.svm import LinearSVC

    return make_pipeline(FunctionTransformer(_grey_pixels), LinearSVC(C=0.01, random_state=0))


def as_html(content: bytes) -> str:
    """The picture itself, inside the page."""
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(content).decode()}">'


def opened(content: bytes) -> Image.Image:
    """The decoded picture.

    Raises:
        UserError: the bytes are no picture, none of FORMATS, or one of more than LARGEST pixels.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # of what is odd in a file, by lines of Pillow's code
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
            if picture.width * picture.height > LARGEST:
                raise ValueError(f"it has {picture.width} by {picture.height} pixels, allowed are {LARGEST:,}")
            picture.load()
            picture.getexif()  # which is read late, as is the number of frames, and may be broken
            getattr(picture, "n_frames", 1)
    except UnidentifiedImageError:  # whose own words name an address in memory
        raise UserError(
            f"a picture of {len(content)} bytes cannot be read: no format of pictures that is read, which are"
            f" {', '.join(FORMATS)}."
        ) from None
    except Exception as error:  # of whatever kind a broken file makes a reader of Pillow's stumble
        raise UserError(f"a picture of {len(content)} bytes cannot be read: {error}.") from None
    return picture


def png(picture: Image.Image) -> bytes:
    """The picture as a PNG file, with its profile of colours, unless no reader would take one so large."""
    file = io.BytesIO()
    profile = picture.info.get("icc_profile")
    fits = profile is not None and len(profile) <= PngImagePlugin.MAX_TEXT_CHUNK
    picture.save(file, "PNG", icc_profile=profile if fits else None)
    return file.getvalue()


def _opaque(picture: Image.Image) -> Image.Image:
    """What shows through a picture in part transparent is white; where all that is visible is light, black."""
    if not picture.has_transparency_data:
        return picture
    layered = picture.convert("RGBA")
    alpha = np.asarray(layered.getchannel("A"), np.float64)
    light = np.asarray(layered.convert("RGB").convert("L"), np.float64)
    ground = "black" if (light * alpha).sum() >= 128 * alpha.sum() else "white"
    return Image.alpha_composite(Image.new("RGBA", layered.size, ground), layered)


def _eight_bit(picture: Image.Image) -> Image.Image:
    """A grey picture of 16 bits with 8; Pillow's own conversion would cut off all that is lighter."""
    if not picture.mode.startswith("I"):
        return picture
    return Image.fromarray((np.asarray(picture).clip(0, 65535) / 257).round().astype(np.uint8))


def _grey_pixels(contents: Sequence[bytes]) -> NDArray[np.float32]:
    """Brightness from 0 to 1 of pictures, (rows, FLOOR_SIZE * FLOOR_SIZE)."""
    square = (FLOOR_SIZE, FLOOR_SIZE)
    pictures = [opened(content).convert("L").resize(square, Image.Resampling.BILINEAR) for content in contents]
    return np.stack([np.asarray(picture, np.float32).ravel() / 255 for picture in pictures])

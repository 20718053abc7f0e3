"""Pictures that are meant to break something: cleaned, or refused in a sentence; no program is started."""

import io
import json
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from drawn_digits import file, glyph, picture
from PIL import Image
from repository import ROOT

from crossfer.errors import UserError
from crossfer.modalities.vision import data as vision

CLEANERS = (vision.make_cleaner("mnist", 28), vision.make_cleaner("none", 64))
MEMORY = 2_000_000_000  # bytes at the peak, for an image of MAX_PIXELS


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *more: bytes) -> bytes:
    """A PNG that claims a size, and has other chunks before its few pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + b"".join(more)
        + chunk(b"IDAT", zlib.compress(bytes(41 * 40)))
        + chunk(b"IEND", b"")
    )


def tiff(width: int, height: int, next_frame: int = 0) -> bytes:
    """A TIFF that claims a size; its directory of frames may lead back to itself."""
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (278, 4, 1, height),
    ]
    tags += [(279, 4, 1, 16)]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + struct.pack("<I", next_frame) + bytes(64)


def webp(width: int, height: int) -> bytes:
    """A WebP whose canvas claims a size."""
    canvas = struct.pack("<I", 0) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunks = b"VP8X" + struct.pack("<I", len(canvas)) + canvas + file(glyph(), "WEBP")[12:]
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


LONG = zlib.compress(b"x" * 100_000_000, 9)  # some hundred kilobytes
REFUSED = {
    "PNG of 3.6 thousand million pixels": png(60_000, 60_000),
    "PNG a little too large": png(8_000, 6_251),
    "GIF of 4 thousand million pixels": b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + file(glyph(), "GIF")[10:],
    "TIFF bomb": tiff(100_000, 100_000),
    "WebP bomb": webp(16_000, 16_000),
    "BMP bomb": b"BM"
    + struct.pack("<IHHI", 54, 0, 0, 54)
    + struct.pack("<IiiHHIIiiII", 40, 50_000, 50_000, 1, 24, *[0] * 6),
    "BMP of less than nothing": b"BM"
    + struct.pack("<IHHI", 54, 0, 0, 54)
    + struct.pack("<IiiHHIIiiII", 40, -(2**31), 2**31 - 1, 1, 24, *[0] * 6),
    "zTXt bomb": png(40, 40, chunk(b"zTXt", b"k\0\0" + LONG)),
    "iTXt bomb": png(40, 40, chunk(b"iTXt", b"k\0\1\0\0\0" + LONG)),
    "iCCP bomb": png(40, 40, chunk(b"iCCP", b"k\0\0" + LONG)),
    "a hundred zTXt": png(40, 40, *[chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(1_000_000)))] * 100),
    "JPEG with the magic of PNG": b"\x89PNG\r\n\x1a\n" + file(glyph(), "JPEG"),
    "PNG with the magic of JPEG": b"\xff\xd8\xff" + file(glyph())[3:],
    "half a JPEG": file(glyph(), "JPEG")[:200],
    "half a PNG": file(glyph())[:100],
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "PDF": b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n",
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n",
    "ICO": file(glyph(), "ICO"),
    "nothing": b"",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_refused_in_a_sentence(kind):
    for cleaner in CLEANERS:
        with pytest.raises(UserError, match=r"^a picture of \d+ bytes cannot be read: ") as caught:
            cleaner.clean(REFUSED[kind])
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 250


def exif(orientation: object) -> bytes:
    """A JPEG whose EXIF says so."""
    entry = struct.pack("<HHI4s", 0x112, 3, 1, orientation) if isinstance(orientation, bytes) else b""
    written = Image.Exif()
    if not entry:
        written[0x112] = orientation
        return file(glyph(), "JPEG", exif=written)
    return file(glyph(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0" + entry + bytes(4))


CLEANED = {
    **{f"orientation {number}": exif(number) for number in (0, 9, 255, 65_535)},
    "orientation of garbage": exif(b"\xff\xfe\xfd\xfc"),
    "EXIF of 60 kB": file(glyph(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"A" * 60_000),
    "EXIF of noise": file(glyph(), "JPEG", exif=b"Exif\0\0" + b"\xff" * 6_000),
    "a profile of 10 MB": file(glyph(), "JPEG", icc_profile=bytes(10_000_000)),
    "frames that lead back": tiff(8, 2, next_frame=8),
}


@pytest.mark.parametrize("kind", CLEANED)
def test_cleaned_without_a_word(kind, recwarn):
    for cleaner in CLEANERS:
        cleaned, _ = cleaner.clean(CLEANED[kind])
        assert picture(cleaned).size <= (64, 64)
        vision.size(cleaned), vision.fingerprint(cleaned)  # a clean picture can be opened again
    assert len(recwarn) == 0


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_orientation_that_is_none_is_upright(orientation):
    upright = file(glyph(), "JPEG")
    assert CLEANERS[0].clean(exif(orientation)) == CLEANERS[0].clean(upright)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP"])
def test_thousands_of_frames(kind):
    """The first is kept; none of the others is decoded."""
    frames = [Image.fromarray(np.full((8, 8), number % 256, np.uint8)) for number in range(3_000)]
    moving = io.BytesIO()
    frames[0].save(moving, kind, save_all=True, append_images=frames[1:])
    _, changes = CLEANERS[1].clean(moving.getvalue())
    assert "frames" in changes


MEASURED = """
import io, json, resource, sys
from PIL import Image
from crossfer.modalities.vision import data as vision
from crossfer.modalities.vision.data.images import MAX_PIXELS
side = int(MAX_PIXELS ** 0.5)
file = io.BytesIO()
Image.new("P", (side, side)).save(file, "PNG", **({"transparency": 0} if sys.argv[1] == "P" else {}))
for framing in ("mnist", "none"):
    vision.make_cleaner(framing, 28).clean(file.getvalue())
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))
"""


def test_the_largest_picture_has_room(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", MEASURED, "P"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) < MEMORY


def test_no_program_is_started(tmp_path):
    """Ghostscript, were it there under any of its names, is not asked."""
    for name in ("gs", "gswin32c", "gswin64c"):
        (tmp_path / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (tmp_path / name).chmod(0o755)
    script = "import sys; from crossfer.modalities.vision.data import size; size(sys.stdin.buffer.read())"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, input=REFUSED["PostScript"], capture_output=True, check=False)
    assert b"no format of pictures that is read" in done.stderr
    assert not (tmp_path / "ran").exists()


def test_a_decompression_bomb_is_refused():
    """A header of a few bytes that claims more pixels than any memory holds."""
    claimed = (50_000).to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    chunks = [(b"IHDR", claimed), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")]
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big") for name, data in chunks
    )
    with pytest.raises(UserError, match="cannot be read: Image size .* exceeds limit of"):
        CLEANERS[0].clean(bomb)

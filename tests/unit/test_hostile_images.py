"""Hostile image files are cleaned or refused, and start no program."""

import io
import json
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from image_files import decode_image, draw_glyph, encode_image
from PIL import Image
from repository import ROOT

from crossfer.errors import UserError
from crossfer.modalities.vision import data as vision

CLEANERS = (vision.make_cleaner("mnist", 28), vision.make_cleaner("none", 64))
MAX_MEMORY = 2_000_000_000  # bytes for an image of MAX_PIXELS


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """Return a PNG with a claimed size, and other chunks before its few pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + b"".join(chunks)
        + chunk(b"IDAT", zlib.compress(bytes(41 * 40)))
        + chunk(b"IEND", b"")
    )


def tiff(width: int, height: int, next_frame: int = 0) -> bytes:
    """Return a TIFF with a claimed size; its directory of frames may be a cycle."""
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
    """Return a WebP with a claimed canvas size."""
    canvas = struct.pack("<I", 0) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunks = b"VP8X" + struct.pack("<I", len(canvas)) + canvas + encode_image(draw_glyph(), "WEBP")[12:]
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


LONG_TEXT = zlib.compress(b"x" * 100_000_000, 9)  # some hundred kilobytes
REFUSED = {
    "PNG of 3.6 billion pixels": png(60_000, 60_000),
    "PNG just above the limit": png(8_000, 6_251),
    "GIF of 4 billion pixels": b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + encode_image(draw_glyph(), "GIF")[10:],
    "TIFF bomb": tiff(100_000, 100_000),
    "WebP bomb": webp(16_000, 16_000),
    "BMP bomb": b"BM"
    + struct.pack("<IHHI", 54, 0, 0, 54)
    + struct.pack("<IiiHHIIiiII", 40, 50_000, 50_000, 1, 24, *[0] * 6),
    "BMP of negative size": b"BM"
    + struct.pack("<IHHI", 54, 0, 0, 54)
    + struct.pack("<IiiHHIIiiII", 40, -(2**31), 2**31 - 1, 1, 24, *[0] * 6),
    "zTXt bomb": png(40, 40, chunk(b"zTXt", b"k\0\0" + LONG_TEXT)),
    "iTXt bomb": png(40, 40, chunk(b"iTXt", b"k\0\1\0\0\0" + LONG_TEXT)),
    "iCCP bomb": png(40, 40, chunk(b"iCCP", b"k\0\0" + LONG_TEXT)),
    "a hundred zTXt": png(40, 40, *[chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(1_000_000)))] * 100),
    "JPEG with the magic of PNG": b"\x89PNG\r\n\x1a\n" + encode_image(draw_glyph(), "JPEG"),
    "PNG with the magic of JPEG": b"\xff\xd8\xff" + encode_image(draw_glyph())[3:],
    "truncated JPEG": encode_image(draw_glyph(), "JPEG")[:200],
    "truncated PNG": encode_image(draw_glyph())[:100],
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "PDF": b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n",
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n",
    "ICO": encode_image(draw_glyph(), "ICO"),
    "empty file": b"",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_short_message(name):
    for cleaner in CLEANERS:
        with pytest.raises(UserError, match=r"^an image of \d+ bytes cannot be read: ") as error:
            cleaner.clean(REFUSED[name])
        assert "\n" not in str(error.value) and len(str(error.value)) < 250


def jpeg_with_exif(orientation: object) -> bytes:
    """Return a JPEG with this orientation in its EXIF."""
    entry = struct.pack("<HHI4s", 0x112, 3, 1, orientation) if isinstance(orientation, bytes) else b""
    metadata = Image.Exif()
    if not entry:
        metadata[0x112] = orientation
        return encode_image(draw_glyph(), "JPEG", exif=metadata)
    return encode_image(draw_glyph(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0" + entry + bytes(4))


CLEANED = {
    **{f"orientation {number}": jpeg_with_exif(number) for number in (0, 9, 255, 65_535)},
    "orientation of garbage": jpeg_with_exif(b"\xff\xfe\xfd\xfc"),
    "EXIF of 60 kB": encode_image(draw_glyph(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"A" * 60_000),
    "EXIF of noise": encode_image(draw_glyph(), "JPEG", exif=b"Exif\0\0" + b"\xff" * 6_000),
    "a profile of 10 MB": encode_image(draw_glyph(), "JPEG", icc_profile=bytes(10_000_000)),
    "cycle of frames": tiff(8, 2, next_frame=8),
}


@pytest.mark.parametrize("name", CLEANED)
def test_cleaned_without_warning(name, recwarn):
    for cleaner in CLEANERS:
        cleaned, _ = cleaner.clean(CLEANED[name])
        assert decode_image(cleaned).size <= (64, 64)
        vision.size(cleaned), vision.fingerprint(cleaned)  # the clean image can be decoded
    assert len(recwarn) == 0


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_invalid_orientation_is_ignored(orientation):
    upright = encode_image(draw_glyph(), "JPEG")
    assert CLEANERS[0].clean(jpeg_with_exif(orientation)) == CLEANERS[0].clean(upright)


@pytest.mark.parametrize("image_format", ["GIF", "TIFF", "WEBP"])
def test_thousands_of_frames(image_format):
    """Only the first frame is decoded."""
    frames = [Image.fromarray(np.full((8, 8), number % 256, np.uint8)) for number in range(3_000)]
    animation = io.BytesIO()
    frames[0].save(animation, image_format, save_all=True, append_images=frames[1:])
    _, changes = CLEANERS[1].clean(animation.getvalue())
    assert "frames" in changes


MEASURE_MEMORY = """
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


def test_memory_of_the_largest_image(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", MEASURE_MEMORY, "P"]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(process.stdout) < MAX_MEMORY


def test_no_program_is_started(tmp_path):
    """Ghostscript is not called under any of its names."""
    for name in ("gs", "gswin32c", "gswin64c"):
        (tmp_path / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (tmp_path / name).chmod(0o755)
    script = "import sys; from crossfer.modalities.vision.data import size; size(sys.stdin.buffer.read())"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-c", script]
    process = subprocess.run(command, env=environment, input=REFUSED["PostScript"], capture_output=True, check=False)
    assert b"its format is unknown" in process.stderr
    assert not (tmp_path / "ran").exists()


def test_decompression_bomb_is_refused():
    """The header claims more pixels than fit in memory."""
    claimed = (50_000).to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    chunks = [(b"IHDR", claimed), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")]
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big") for name, data in chunks
    )
    with pytest.raises(UserError, match="cannot be read: Image size .* exceeds limit of"):
        CLEANERS[0].clean(bomb)

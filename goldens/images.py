#!/usr/bin/env python3
"""Makes the pictures of Tests/golden/images and, beside each, what an independent decoder (Pillow) reads: NAME.ppm.

usage: goldens/images.py [FOLDER]. Needs pillow and numpy.
"""
import io
import pathlib
import struct
import sys
import zlib

import numpy as np
from PIL import Image, ImageOps

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "Tests/golden/images")
folder.mkdir(parents=True, exist_ok=True)
width, height = 37, 29


def picture(width=width, height=height):
    """Smooth colours with a few edges, so that lossy decoders agree and mistakes in geometry show."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    red = 255 * x / width
    green = 255 * y / height
    blue = 127 + 120 * np.sin(x / 5) * np.cos(y / 7)
    rgb = np.stack([red, green, blue], -1)
    rgb[4:9, 20:31] = (250, 20, 30)
    rgb[18:26, 3:8] = (10, 240, 40)
    return rgb.clip(0, 255).astype(np.uint8)


def keep(name, data, expected):
    (folder / name).write_bytes(data)
    expected.convert("RGB").save(folder / (pathlib.Path(name).stem + ".ppm"))


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def over_white(image):
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image).convert("RGB")


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, depth, colour, rows, interlace=0):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


rgb = Image.fromarray(picture())
decoded = lambda data: Image.open(io.BytesIO(data))

for name, options in {
    "jpeg-444": dict(quality=92, subsampling=0),
    "jpeg-420": dict(quality=92, subsampling=2),
    "jpeg-progressive": dict(quality=92, progressive=True),
    "jpeg-restarts": dict(quality=90, restart_marker_rows=1),
}.items():
    data = saved(rgb, "JPEG", **options)
    keep(name + ".jpg", data, decoded(data))
data = saved(rgb.convert("L"), "JPEG", quality=92)
keep("jpeg-grey.jpg", data, decoded(data))
data = saved(rgb.convert("CMYK"), "JPEG", quality=95)
keep("jpeg-cmyk.jpg", data, decoded(data))

for orientation in range(1, 9):
    exif = Image.Exif()
    exif[274] = orientation
    data = saved(rgb, "JPEG", quality=92, subsampling=0, exif=exif.tobytes())
    keep(f"jpeg-orientation-{orientation}.jpg", data, ImageOps.exif_transpose(decoded(data)))

large = Image.fromarray(picture(160, 120))
data = saved(large, "JPEG", quality=92)
for eighths, name in [(4, "half"), (2, "quarter"), (1, "eighth")]:
    image = decoded(data)
    image.draft("RGB", (160 * eighths // 8, 120 * eighths // 8))
    keep(f"jpeg-{name}.jpg", data, image)

for name, image in {
    "png-rgb": rgb,
    "png-grey": rgb.convert("L"),
    "png-palette": rgb.quantize(16),
    "png-bilevel": rgb.convert("1"),
}.items():
    data = saved(image, "PNG")
    keep(name + ".png", data, decoded(data))
alpha = np.dstack([picture(), np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))])
# Opaque or clear only: decoders round the blend of half-transparent pixels differently (linear light or not).
alpha[..., 3] = np.where(alpha[..., 3] > 100, 255, 0)
data = saved(Image.fromarray(alpha), "PNG")
keep("png-alpha.png", data, over_white(decoded(data)))
data = saved(Image.fromarray(alpha).convert("LA"), "PNG")
keep("png-grey-alpha.png", data, over_white(decoded(data)))

sixteen = picture().astype(np.uint16) * 257
rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in sixteen)
keep("png-rgb16.png", png(width, height, 16, 2, rows), rgb)
rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in sixteen[..., 0])
keep("png-grey16.png", png(width, height, 16, 0, rows), Image.fromarray(picture()[..., 0]))
passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
rows = b"".join(b"\0" + row.tobytes() for x, y, dx, dy in passes for row in picture()[y::dy, x::dx])
keep("png-interlaced.png", png(width, height, 8, 2, rows, interlace=1), rgb)

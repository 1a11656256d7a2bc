#!/usr/bin/env python3
"""Writes Sources/Vision/Draw/FontTable.swift: the letters of ASCII as DejaVu Sans Mono has them, in cells of coverage.

usage: tools/tables/font.py [OUT]      (needs Pillow, as goldens/requirements.txt pins it)

The font is Debian's fonts-dejavu-core, fetched with its checksum; its licence lets it be shipped.
"""

import pathlib
import sys
import tempfile

import published
from PIL import Image, ImageDraw, ImageFont

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = ("fonts-dejavu-core", "2.37-6", "8892669e51aab4dc56682c8e39d8ddb7d70fad83c369344e1e240bf3ca22bb76")
# At this size a letter's advance is a whole number of pixels.
SIZE, COLUMNS, ROWS = 20, 12, 22


def cells(font):
    """Every letter's rows, a number each: four bits a pixel, the left pixel highest."""
    ascent, _ = font.getmetrics()
    # The baseline stands where the deepest descender ends on the last row.
    baseline = ROWS - 5
    for code in range(32, 127):
        cell = Image.new("L", (COLUMNS, ROWS))
        ImageDraw.Draw(cell).text((0, baseline - ascent), chr(code), font=font, fill=255)
        rows = []
        for y in range(ROWS):
            row = 0
            for x in range(COLUMNS):
                row = row << 4 | round(cell.getpixel((x, y)) * 15 / 255)
            rows.append(row)
        yield code, rows


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "Sources/Vision/Draw/FontTable.swift"
    with tempfile.TemporaryDirectory() as place:
        published.debian(pathlib.Path(place), *PACKAGE)
        font = ImageFont.truetype(f"{place}/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf", SIZE)
        lines = [
            "/// Written by tools/tables/font.py from DejaVu Sans Mono (Bitstream Vera's licence, DejaVu's changes are in the public",
            f"/// domain): printable ASCII in cells of {COLUMNS} columns and {ROWS} rows. A number a row from the top, four bits of",
            "/// coverage a pixel, the left pixel highest.",
            "let fontTable: [UInt64] = [",
        ]
        for code, rows in cells(font):
            texts = [f"0x{row:X}," for row in rows]
            line = f"    /* {chr(code)} */" if chr(code) not in "*/" else f"    /* {code} */"
            for text in texts:
                if len(line) + 1 + len(text) > 138:
                    lines.append(line)
                    line = "       "
                line += " " + text
            lines.append(line)
    out.write_text("\n".join(lines + ["]", ""]))
    print(f"{out.name}: {126 - 31} letters of {COLUMNS}x{ROWS}")


main()

#!/usr/bin/env python3
"""Draws `seven.png`: a seven with a pen on paper, for `examples/classify_image.rs`.

    python examples/data/seven.py

Needs numpy.
"""

import pathlib
import struct
import zlib

import numpy as np

SIDE, PEN = 140, 7.5
# The center lines of the pen strokes, as points: the top with a small hook, the slanted stem, and the bar.
STROKES = [[(43, 40), (44, 34), (66, 36), (98, 33), (86, 56), (76, 80), (70, 110)], [(58, 73), (78, 70), (93, 71)]]


def distance(a, b):
    """How far each pixel is from the line between two points."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    (ax, ay), (bx, by) = a, b
    along = np.clip(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2), 0, 1)
    return np.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay))


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


near = np.min([distance(a, b) for stroke in STROKES for a, b in zip(stroke, stroke[1:])], axis=0)
ink = np.clip(PEN + 0.5 - near, 0, 1)
grain = np.random.default_rng(7).normal(0, 3, (SIDE, SIDE))
pixels = np.clip(245 - 205 * ink + grain, 0, 255).astype(np.uint8)
rows = b"".join(b"\0" + row.tobytes() for row in pixels)
header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
(pathlib.Path(__file__).parent / "seven.png").write_bytes(png)

#!/usr/bin/env python3
"""Writes `features.json`: pictures, and what scikit-image finds for them with `feature.hog` and `color.rgb2hsv`.

    python train/tests/skimage/features.py

Needs numpy and scikit-image. Deterministic.
"""

import json
import pathlib

import numpy as np
from skimage.color import rgb2hsv
from skimage.feature import hog


def case(rng, shape, orientations, cell, block, gray_pixels=False):
    picture = rng.integers(0, 256, shape).astype(np.float32) / np.float32(255)
    if gray_pixels:
        picture[:, ::2] = picture[:1, ::2]
    last = np.moveaxis(picture, 0, -1)
    found = hog(
        last if shape[0] == 3 else picture[0],
        orientations=orientations,
        pixels_per_cell=(cell, cell),
        cells_per_block=(block, block),
        channel_axis=-1 if shape[0] == 3 else None,
    )
    made = dict(shape=shape, pixels=picture.ravel().tolist(), orientations=orientations, cell=cell, block=block)
    made |= dict(hog=[round(float(x), 7) for x in found], hues=None, histogram=None)
    if shape[0] == 3:
        hues = rgb2hsv(last.astype(np.float64))[..., 0].ravel()
        counts, _ = np.histogram(hues, bins=10, range=(0.0, 1.0))
        made |= dict(hues=[round(float(x), 7) for x in hues], histogram=(counts / hues.size).astype(np.float32).tolist())
    return made


rng = np.random.default_rng(0)
cases = [
    case(rng, [1, 24, 24], 9, 8, 3),
    case(rng, [3, 16, 16], 9, 4, 2),
    case(rng, [3, 13, 18], 5, 3, 2, gray_pixels=True),
    case(rng, [1, 11, 10], 8, 5, 1),
]
path = pathlib.Path(__file__).parent / "features.json"
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
print(path.name, path.stat().st_size, "bytes")

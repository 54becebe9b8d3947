#!/usr/bin/env python3
"""Writes `generative.json`: two sets of points, the square root of a covariance and the Fréchet distance by SciPy, and precision and recall by scikit-learn's neighbors.

    python train/tests/scipy/generative.py

Needs numpy, scipy and scikit-learn. Deterministic.
"""

import json
import pathlib

import numpy as np
from scipy.linalg import sqrtm
from sklearn.neighbors import NearestNeighbors


def share_among(points, among, k):
    """The share of `points` within the distance of a point of `among` to its k-th neighbor there."""
    # The first neighbor of a point is the point itself.
    radii = NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(among).kneighbors(among)[0][:, k]
    distances = np.linalg.norm(points[:, None] - among[None], axis=2)
    return float((distances <= radii).any(axis=1).mean())


def case(rng, dims, real, made, shift, neighbors, rank=None):
    mix = rng.normal(size=(rank or dims, dims))
    draw = lambda count, shift: np.round(rng.normal(size=(count, rank or dims)) @ mix + shift, 3).astype(np.float32)
    first, second = draw(real, 0.0), draw(made, shift)
    x, y = first.astype(np.float64), second.astype(np.float64)
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = sqrtm(a).real
    # For matrices of low rank the root of the product is as exact as it can be in its symmetric form.
    common = sqrtm(root @ b @ root) if rank else sqrtm(a @ b)
    distance = ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a + b - 2 * common.real)
    return dict(
        dims=dims,
        real=first.ravel().tolist(),
        made=second.ravel().tolist(),
        root=root.ravel().tolist(),
        frechet_distance=float(distance),
        neighbors=neighbors,
        precision=share_among(y, x, neighbors),
        recall=share_among(x, y, neighbors),
    )


def main():
    rng = np.random.default_rng(1)
    cases = [
        case(rng, 2, 30, 20, 0.5, 3),
        case(rng, 5, 40, 40, 0.0, 1),
        case(rng, 9, 25, 60, 2.0, 5),
        case(rng, 12, 60, 50, 0.3, 3, rank=7),
    ]
    text = "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n"
    pathlib.Path(__file__).with_name("generative.json").write_text(text)


main()

#!/usr/bin/env python3
"""Writes embedding.json: points, and what scikit-learn's PCA, trustworthiness and TSNE find for them.

    python tests/sklearn/embedding.py            # writes embedding.json
    python tests/sklearn/embedding.py --check    # compares it with what would be written

Needs numpy and scikit-learn. Coordinates are multiples of 1/64, which single precision holds. The digits are the first of `train/data/digits/digits.csv.gz`.
"""

import gzip
import json
import pathlib
import sys

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness

PATH = pathlib.Path(__file__).parent / "embedding.json"
DIGITS = pathlib.Path(__file__).parents[2] / "train" / "data" / "digits" / "digits.csv.gz"
# Few enough for a test in a debug build.
COUNT = 500


def points(random, count, dims):
    """Points whose coordinates depend on each other."""
    return np.round(random.normal(size=(count, dims)) @ random.normal(size=(dims, dims)) * 64) / 64


def pca(random, count, dims, components):
    x = points(random, count, dims)
    found = PCA(components, svd_solver="full").fit(x)
    return {
        "dims": dims,
        "points": x.ravel().tolist(),
        "mean": found.mean_.tolist(),
        "components": found.components_.tolist(),
        "explained_variance": found.explained_variance_.tolist(),
        "explained_variance_ratio": found.explained_variance_ratio_.tolist(),
        "transformed": found.transform(x)[:, :2].tolist(),
    }


def trusted(random, count, dims):
    """An embedding that keeps some neighbors: two coordinates, with noise."""
    x = points(random, count, dims)
    embedding = np.round((x[:, :2] + random.normal(size=(count, 2))) * 64) / 64
    ks = [1, 5, (count - 1) // 2]
    return {
        "dims": dims,
        "points": x.ravel().tolist(),
        "embedding": embedding.tolist(),
        "trustworthiness": {str(k): trustworthiness(x, embedding, n_neighbors=k) for k in ks},
    }


def digits():
    """What t-SNE with its default options reaches."""
    with gzip.open(DIGITS, "rt") as file:
        x = np.array([[float(number) for number in line.split(",")[:64]] for line in file][:COUNT])
    tsne = TSNE(random_state=0)
    embedding = tsne.fit_transform(x)
    return {
        "count": COUNT,
        "trustworthiness": {str(k): trustworthiness(x, embedding, n_neighbors=k) for k in [5, 12]},
        "kl_divergence": float(tsne.kl_divergence_),
    }


def main():
    random = np.random.default_rng(7)
    found = {
        "pca": [pca(random, 30, 7, 3), pca(random, 9, 20, 4), pca(random, 40, 2, 2)],
        "trustworthiness": [trusted(random, 41, 5), trusted(random, 20, 3)],
        "digits": digits(),
    }
    text = json.dumps(found, indent=None).replace("}, ", "},\n") + "\n"
    if "--check" in sys.argv[1:]:
        sys.exit(0 if PATH.read_text() == text else f"{PATH} differs from what would be written")
    PATH.write_text(text)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes metrics.json: scores with their targets, and the metrics that scikit-learn finds for them.

    python tests/sklearn/metrics.py            # writes metrics.json
    python tests/sklearn/metrics.py --check    # compares it with what would be written

Needs numpy and scikit-learn. Numbers are multiples of 1/8, so that there are ties and single precision holds them.
"""

import json
import pathlib
import sys

import numpy as np
from sklearn import metrics

PATH = pathlib.Path(__file__).parent / "metrics.json"


def eighths(random, *shape):
    return np.round(random.normal(size=shape) * 8) / 8


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def classes(random, rows, count, used):
    """Labels are below `used`; predictions may be any class."""
    labels = np.arange(rows) % used
    logits = eighths(random, rows, count)
    logits[np.arange(rows), labels] += random.random(rows) < 0.5
    # The first of equal scores is predicted here; scikit-learn ranks the last of them higher, so that the case for top-k has none.
    logits += np.arange(count) * 2.0**-12
    predicted = logits.argmax(axis=1)
    found = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "f1": metrics.f1_score(labels, predicted, average="macro", zero_division=0),
        "top_2": metrics.top_k_accuracy_score(labels, logits[:, 1] - logits[:, 0] if count == 2 else logits, k=min(2, count - 1), labels=range(count)),
    }
    if used == count:
        scores = softmax(logits)
        found["auroc"] = metrics.roc_auc_score(labels, scores[:, 1] if count == 2 else scores, multi_class="ovr")
    return {"kind": "classes", "outputs": count, "scores": logits, "targets": labels, "metrics": found}


def labels(random, rows, count):
    truth = (random.random((rows, count)) < 0.3).astype(int)
    # Each label has a row with it and one without, or it would have no AUROC.
    truth[0], truth[1] = 1, 0
    logits = eighths(random, rows, count) + truth - 1.0
    predicted = (logits > 0).astype(int)
    found = {
        "accuracy": metrics.accuracy_score(truth.ravel(), predicted.ravel()),
        # For scikit-learn a single column is not labels but two classes.
        "f1": metrics.f1_score(truth, predicted, average="macro" if count > 1 else "binary", zero_division=0),
        "auroc": metrics.roc_auc_score(truth, logits, average="macro"),
    }
    return {"kind": "labels", "outputs": count, "scores": logits, "targets": truth, "metrics": found}


def numbers(random, rows, count, constant=False):
    truth = np.full((rows, count), 2.5) if constant else eighths(random, rows, count) * 4 + 16
    predicted = truth + eighths(random, rows, count)
    found = {
        "mae": metrics.mean_absolute_error(truth, predicted),
        "rmse": metrics.root_mean_squared_error(truth, predicted),
        "r2": metrics.r2_score(truth, predicted),
    }
    return {"kind": "numbers", "outputs": count, "scores": predicted, "targets": truth, "metrics": found}


def main():
    random = np.random.default_rng(24)
    cases = [
        classes(random, 40, 2, 2),
        classes(random, 60, 5, 5),
        classes(random, 30, 12, 12),
        classes(random, 20, 4, 3),
        labels(random, 30, 1),
        labels(random, 50, 4),
        numbers(random, 25, 1),
        numbers(random, 40, 3),
        numbers(random, 10, 2, constant=True),
    ]
    for case in cases:
        case["scores"], case["targets"] = case["scores"].ravel().tolist(), case["targets"].ravel().tolist()
    text = "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n"
    if "--check" in sys.argv[1:]:
        sys.exit(0 if PATH.read_text() == text else f"{PATH} differs from what would be written")
    PATH.write_text(text)


if __name__ == "__main__":
    main()

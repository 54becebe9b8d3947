#!/usr/bin/env python3
"""Compares `layercake train mlp` with scikit-learn's MLP on the tables in tests/tables, and prints a table in Markdown.

    python tests/sklearn/tables.py target/release/layercake

Needs numpy and scikit-learn. For each of five seeds a fifth of the rows is held out, with the same share of each class; both sides learn from the same rows, with the
defaults of each. scikit-learn gets standardized inputs, and for the regression a standardized target too; with enough iterations it trains until its loss stands still.
"""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, r2_score, roc_auc_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

TABLES = pathlib.Path(__file__).parent.parent / "tables"
SEEDS = range(5)
ITERATIONS = 2000


def read(path):
    with open(path, newline="") as file:
        names, *rows = csv.reader(file)
    return names, rows


def write(path, names, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([names, *rows])


def of_sklearn(train, test, classes, seed):
    inputs = lambda rows: np.array([[float(cell) for cell in row[:-1]] for row in rows])
    if classes:
        model = make_pipeline(StandardScaler(), MLPClassifier(max_iter=ITERATIONS, random_state=seed))
        model.fit(inputs(train), [row[-1] for row in train])
        truth, found, scores = [row[-1] for row in test], model.predict(inputs(test)), model.predict_proba(inputs(test))
        binary = scores.shape[1] == 2
        auroc = roc_auc_score(truth, scores[:, 1] if binary else scores, multi_class="ovr", labels=model.classes_)
        return {"accuracy": accuracy_score(truth, found), "f1": f1_score(truth, found, average="macro"), "auroc": auroc}
    numbers = lambda rows: np.array([float(row[-1]) for row in rows])
    network = make_pipeline(StandardScaler(), MLPRegressor(max_iter=ITERATIONS, random_state=seed))
    model = TransformedTargetRegressor(network, transformer=StandardScaler())
    model.fit(inputs(train), numbers(train))
    truth, found = numbers(test), model.predict(inputs(test))
    return {"mae": mean_absolute_error(truth, found), "rmse": root_mean_squared_error(truth, found), "r2": r2_score(truth, found)}


def of_layercake(command, folder, target, seed):
    run = folder / "run"
    words = ["train", "mlp", "--data", folder / "train.csv", "--test", folder / "test.csv", "--target", target, "--seed", seed, "--out", run]
    subprocess.run([command, *map(str, words)], check=True, stdout=subprocess.DEVNULL)
    summary = json.loads((run / "summary.json").read_text())
    return {name[len("test_"):]: value for name, value in summary.items() if name.startswith("test_")}


def main():
    command = pathlib.Path(sys.argv[1]).resolve()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print("| table | metric | Layercake | scikit-learn |\n|---|---|--:|--:|")
    for table, target in [("breast_cancer", "class"), ("wine", "class"), ("diabetes", "progression")]:
        names, rows = read(TABLES / f"{table}.csv")
        classes = [row[-1] for row in rows] if target == "class" else None
        ours, theirs = [], []
        for seed in SEEDS:
            train, test = train_test_split(rows, test_size=0.2, random_state=seed, stratify=classes)
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                write(folder / "train.csv", names, train)
                write(folder / "test.csv", names, test)
                ours.append(of_layercake(command, folder, target, seed))
            theirs.append(of_sklearn(train, test, classes, seed))
        for name in theirs[0]:
            cells = []
            for side in (ours, theirs):
                values = np.array([found[name] for found in side])
                cells.append(f"{values.mean():.4g} ± {values.std(ddof=1):.2g}" if name in ("mae", "rmse") else f"{values.mean():.4f} ± {values.std(ddof=1):.4f}")
            print(f"| {table} | {name} | {cells[0]} | {cells[1]} |", flush=True)


if __name__ == "__main__":
    main()

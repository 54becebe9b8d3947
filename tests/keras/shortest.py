#!/usr/bin/env python3
"""Runs the programs for Keras and Lightning in train/guide/shortest.md, as they stand there.

    python tests/keras/shortest.py

Needs keras, lightning, torch and scikit-learn.
"""

import os
import pathlib
import re
import tempfile

os.environ["KERAS_BACKEND"] = "torch"

# The names that the programs use.
import keras  # noqa: E402
import lightning  # noqa: E402, F401
import numpy  # noqa: E402, F401
import torch  # noqa: E402, F401
from sklearn.datasets import load_wine  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402, F401
from torch import nn  # noqa: E402, F401
from torch.nn import functional as F  # noqa: E402, F401
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402, F401

page = pathlib.Path(__file__).parents[2] / "train/guide/shortest.md"
programs = re.findall(r"```python\n(.*?)```", page.read_text(), re.S)
assert len(programs) == 2, f"{page}: expected two programs, found {len(programs)}"
measurements, grapes = load_wine(return_X_y=True)
measurements = measurements.astype("float32")
new = measurements[:1]
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for program in programs:
        exec(program)

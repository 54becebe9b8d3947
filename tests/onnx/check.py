"""Checks the ONNX files that Layercake writes, with ONNX's own checker and ONNX Runtime.

    pip install onnx onnxruntime safetensors numpy
    mkdir FOLDER
    LAYERCAKE_ONNX=FOLDER cargo test -p layercake-tests --test onnx every_case
    python tests/onnx/check.py FOLDER

Each NAME.onnx has a NAME.safetensors with its inputs (in.NAME) and the expected outputs (out.NAME): PyTorch's for the cases of the catalogue, Layercake's for
the zoo. A file must pass `onnx.checker` with full shape inference, and the numbers must agree to 1e-5, relative to the largest of the output.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

BAR = 1e-5

# ONNX Runtime computes GroupNormalization from the mean of the squares, which loses digits where the mean is large.
WIDER = {"group_norm.offset": 1e-3}


def error(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    numbers = load_file(path.with_suffix(".safetensors"))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    feeds = {name[3:]: array for name, array in numbers.items() if name.startswith("in.")}
    worst = 0.0
    for name, found, info in zip(names, session.run(names, feeds), inferred.graph.output):
        expected = numbers["out." + name]
        assert found.shape == expected.shape, f"{name}: shape {found.shape}, expected {expected.shape}"
        assert len(info.type.tensor_type.shape.dim) == found.ndim
        assert np.array_equal(np.isfinite(found), np.isfinite(expected)), f"{name}: other numbers are finite"
        finite = np.isfinite(expected)
        scale = max(1.0, np.abs(expected[finite]).max(initial=0.0))
        worst = max(worst, float(np.abs(found[finite] - expected[finite]).max(initial=0.0)) / scale)
    return worst


def main():
    paths = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
    failed, worst = 0, 0.0
    for path in paths:
        try:
            found = error(path)
            worst = max(worst, found)
            verdict = None if found <= WIDER.get(path.stem, BAR) else f"differs by {found:.2e}"
        except Exception as reason:  # every file is reported
            verdict = f"{type(reason).__name__}: {str(reason)[:300]}"
        if verdict:
            failed += 1
            print(f"{path.stem}: {verdict}")
    print(f"{len(paths)} files, {failed} failed, largest difference {worst:.2e}")
    sys.exit(failed > 0 or not paths)


main()

"""Writes the node tests of the package `onnx` to a folder, for `LAYERCAKE_ONNX_NODES=FOLDER cargo test -p layercake-onnx nodes`.

    pip install onnx safetensors numpy
    python tests/onnx/nodes.py FOLDER

A case is written if it has one node, an operator of ONNX's own domain, and tensors of float32, integers or truth values. NAME.safetensors has its inputs as
in.NAME and the expected outputs as out.NAME. NAME.fixed.onnx is the same model with every input after the first as an initializer, as exporters write weights,
axes and sizes. cases.txt has the name and the operator of each case, left_out.txt what is left out and why.
"""

import collections
import pathlib
import sys
import warnings

import numpy
import onnx
from onnx import TensorProto, numpy_helper
from safetensors.numpy import save_file

TYPES = {
    TensorProto.FLOAT, TensorProto.BOOL, TensorProto.INT8, TensorProto.INT16, TensorProto.INT32, TensorProto.INT64,
    TensorProto.UINT8, TensorProto.UINT16, TensorProto.UINT32, TensorProto.UINT64,
}


def reason(case):
    """Why a case is left out, or None."""
    graph = case.model.graph
    ports = list(graph.input) + list(graph.output)
    if len(graph.node) != 1:
        return "functions written out in several nodes"
    if graph.node[0].domain:
        return f"the domain {graph.node[0].domain}"
    if not all(port.type.HasField("tensor_type") for port in ports):
        return "sequences, optional values and maps"
    if not all(port.type.tensor_type.elem_type in TYPES for port in ports):
        return "other number types: float16, bfloat16, float64, 4 and 8 bit floats, complex numbers, text"
    if not case.data_sets or any(numpy.asarray(value).dtype == object for part in case.data_sets[0] for value in part):
        return "no expected numbers, or inputs that are absent"


def main():
    warnings.filterwarnings("ignore")
    from onnx.backend.test.case.node import collect_testcases

    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    left_out = collections.Counter()
    written = []
    for case in collect_testcases():
        why = reason(case)
        if why:
            left_out[why] += 1
            continue
        name, graph = case.name.removeprefix("test_"), case.model.graph
        written.append(f"{name}\t{graph.node[0].op_type}")
        inputs, outputs = case.data_sets[0]
        numbers = {f"in.{port.name}": numpy.asarray(value) for port, value in zip(graph.input, inputs)}
        numbers |= {f"out.{port.name}": numpy.asarray(value) for port, value in zip(graph.output, outputs)}
        save_file({key: numpy.array(value, order="C") for key, value in numbers.items()}, folder / f"{name}.safetensors")
        onnx.save(case.model, folder / f"{name}.onnx")
        if len(inputs) > 1:
            fixed = onnx.ModelProto()
            fixed.CopyFrom(case.model)
            for port, value in list(zip(graph.input, inputs))[1:]:
                fixed.graph.initializer.append(numpy_helper.from_array(numpy.asarray(value), port.name))
            del fixed.graph.input[1:]
            onnx.save(fixed, folder / f"{name}.fixed.onnx")
    (folder / "cases.txt").write_text("\n".join(written) + "\n")
    lines = [f"{number}\t{why}" for why, number in left_out.most_common()]
    (folder / "left_out.txt").write_text("\n".join([f"onnx {onnx.__version__}", *lines]) + "\n")
    print(f"{len(written)} cases; left out: {sum(left_out.values())}")


main()

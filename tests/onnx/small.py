"""Writes the small ONNX files of tests/onnx/models, which tests read while they compile.

    pip install onnx onnxruntime safetensors numpy
    python tests/onnx/small.py

NAME.safetensors has the inputs of a file as in.NAME and what ONNX Runtime computes from them as out.NAME.
"""

import pathlib

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).parent / "models"
random = numpy.random.default_rng(0)


def tensor(name, *shape):
    scale = 1 / numpy.sqrt(numpy.prod(shape[1:])) if len(shape) > 1 else 0.5
    return numpy_helper.from_array((random.standard_normal(shape) * scale).astype(numpy.float32), name)


def ints(name, *values):
    return numpy_helper.from_array(numpy.array(values, numpy.int64), name)


def save(name, nodes, inputs, outputs, tensors, opset=17):
    graph = helper.make_graph(nodes, name, inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10 if opset > 20 else 8)
    onnx.save(model, FOLDER / f"{name}.onnx")
    return model


def checked(name, feeds, *model):
    model = save(name, *model)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    outputs = session.run(None, feeds)
    numbers = {f"out.{port.name}": output for port, output in zip(session.get_outputs(), outputs)}
    save_file({**{f"in.{port}": value for port, value in feeds.items()}, **numbers}, FOLDER / f"{name}.safetensors")
    return model


def floats(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


# Digits of 8x8: convolutions with batch normalization, and a residual connection.
checked(
    "digits",
    {"image": random.standard_normal((3, 1, 8, 8)).astype(numpy.float32)},
    [
        helper.make_node("Conv", ["image", "conv1.weight", "conv1.bias"], ["c1"], "conv1", pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", ["c1", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"], ["b1"], "bn1"),
        helper.make_node("Relu", ["b1"], ["r1"], "relu1"),
        helper.make_node("Conv", ["r1", "layer1.0.weight"], ["c2"], "layer1.0", pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["c2", "r1"], ["a1"], "add1"),
        helper.make_node("MaxPool", ["a1"], ["p1"], "pool1", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["p1"], ["f1"], "flatten1"),
        helper.make_node("Gemm", ["f1", "fc.weight", "fc.bias"], ["scores"], "fc", transB=1),
    ],
    [floats("image", "batch", 1, 8, 8)],
    [floats("scores", "batch", 10)],
    [
        tensor("conv1.weight", 4, 1, 3, 3), tensor("conv1.bias", 4), tensor("bn1.weight", 4), tensor("bn1.bias", 4),
        tensor("bn1.running_mean", 4), numpy_helper.from_array(numpy.linspace(0.5, 2, 4).astype(numpy.float32), "bn1.running_var"),
        tensor("layer1.0.weight", 4, 4, 3, 3), tensor("fc.weight", 10, 64), tensor("fc.bias", 10),
    ],
)

# Tags of words, whose number is open; names as TensorFlow's exporter writes them.
checked(
    "tagger",
    {"words:0": random.integers(0, 12, (2, 5)), "type": random.standard_normal((2, 6)).astype(numpy.float32)},
    [
        helper.make_node("Gather", ["table", "words:0"], ["e"], "model/embedding/Gather"),
        helper.make_node("Unsqueeze", ["type", "axes"], ["u"], "Unsqueeze__7"),
        helper.make_node("Add", ["e", "u"], ["s"], "Self"),
        helper.make_node("MatMul", ["s", "dense/kernel:0"], ["m"], "dense/MatMul"),
        helper.make_node("Add", ["m", "dense/bias:0"], ["d"], "dense/BiasAdd"),
        helper.make_node("Softmax", ["d"], ["tags:0"], "type", axis=-1),
        helper.make_node("ReduceMean", ["s"], ["mean"], "0", axes=[1], keepdims=0),
    ],
    [helper.make_tensor_value_info("words:0", TensorProto.INT64, ["n", "sequence"]), floats("type", "n", 6)],
    [floats("tags:0", "n", "sequence", 3), floats("mean", "n", 6)],
    [tensor("table", 12, 6), ints("axes", 1), tensor("dense/kernel:0", 6, 3), tensor("dense/bias:0", 3)],
)

# A layer that is applied twice, and numbers in a file beside the model.
shared = checked(
    "beside",
    {"x": random.standard_normal((2, 6)).astype(numpy.float32)},
    [
        helper.make_node("Gemm", ["x", "fc.weight", "fc.bias"], ["a"], "first", transB=1),
        helper.make_node("Tanh", ["a"], ["b"], "tanh"),
        helper.make_node("Gemm", ["b", "fc.weight", "fc.bias"], ["c"], "second", transB=1),
        helper.make_node("Gemm", ["c", "fc.weight", "other.bias"], ["y"], "third", transB=1),
    ],
    [floats("x", "batch", 6)],
    [floats("y", "batch", 6)],
    [tensor("fc.weight", 6, 6), tensor("fc.bias", 6), tensor("other.bias", 6)],
)
# The writer would append to a file that is there.
(FOLDER / "beside.bin").unlink(missing_ok=True)
onnx.save(
    shared, FOLDER / "beside.onnx", save_as_external_data=True, all_tensors_to_one_file=True, location="beside.bin", size_threshold=0
)

# Sums of products, with a batch and without one, with a constant and with two values.
checked(
    "einsum",
    {
        "x": random.standard_normal((2, 3, 4, 5)).astype(numpy.float32),
        "y": random.standard_normal((2, 3, 6, 5)).astype(numpy.float32),
    },
    [
        helper.make_node("Einsum", ["x", "y"], ["scores"], "scores", equation="bhqd,bhkd->bhqk"),
        helper.make_node("Einsum", ["x", "y"], ["moved"], "moved", equation="n c i d, n c j d -> n j i c"),
        helper.make_node("Einsum", ["x", "weight"], ["mixed"], "mixed", equation="bcid,dce->bie"),
        helper.make_node("Einsum", ["x"], ["summed"], "summed", equation="bhqd->bdh"),
        helper.make_node("Einsum", ["x", "y"], ["outer"], "outer", equation="bhqd,bhkd->bq"),
    ],
    [floats("x", "batch", 3, 4, 5), floats("y", "batch", 3, 6, 5)],
    [
        floats("scores", "batch", 3, 4, 6), floats("moved", "batch", 6, 4, 3), floats("mixed", "batch", 4, 7), floats("summed", "batch", 5, 3),
        floats("outer", "batch", 4),
    ],
    [tensor("weight", 5, 3, 7)],
)

# Comparisons, truth values and choices, with a batch.
checked(
    "choices",
    {
        "x": random.standard_normal((3, 4, 5)).astype(numpy.float32),
        "mask": random.random((3, 1, 5)) < 0.7,
        "count": random.integers(-3, 4, (3, 4)).astype(numpy.int32),
    },
    [
        helper.make_node("Where", ["mask", "x", "low"], ["hidden"], "hidden"),
        helper.make_node("Softmax", ["hidden"], ["chances"], "chances", axis=-1),
        helper.make_node("Greater", ["x", "zero"], ["positive"], "positive"),
        helper.make_node("And", ["positive", "mask"], ["both"], "both"),
        helper.make_node("Where", ["both", "x", "table"], ["chosen"], "chosen"),
        helper.make_node("ArgMax", ["x"], ["best"], "best", axis=2, keepdims=0),
        helper.make_node("Equal", ["count", "best_or_so"], ["same"], "same"),
        helper.make_node("Cast", ["same"], ["same_number"], "same_number", to=TensorProto.FLOAT),
        helper.make_node("Add", ["count", "one"], ["more"], "more"),
    ],
    [
        floats("x", "batch", 4, 5), helper.make_tensor_value_info("mask", TensorProto.BOOL, ["batch", 1, 5]),
        helper.make_tensor_value_info("count", TensorProto.INT32, ["batch", 4]),
    ],
    [
        floats("chances", "batch", 4, 5), floats("chosen", "batch", 4, 5), helper.make_tensor_value_info("best", TensorProto.INT64, ["batch", 4]),
        floats("same_number", "batch", 4), helper.make_tensor_value_info("more", TensorProto.INT32, ["batch", 4]),
    ],
    [
        numpy_helper.from_array(numpy.float32(-numpy.inf), "low"), numpy_helper.from_array(numpy.float32(0), "zero"), tensor("table", 1, 4, 5),
        numpy_helper.from_array(numpy.array([[1, 0, -2, 3]], numpy.int32), "best_or_so"), numpy_helper.from_array(numpy.int32(1), "one"),
    ],
)

# Sizes that no whole factor leads to.
checked(
    "resized",
    {"x": random.standard_normal((2, 3, 6, 10)).astype(numpy.float32)},
    [
        helper.make_node("Resize", ["x", "", "", "to"], ["smaller"], "smaller", mode="linear", axes=[2, 3]),
        helper.make_node("Resize", ["x", "", "by"], ["larger"], "larger", mode="cubic", coordinate_transformation_mode="align_corners"),
        helper.make_node("Resize", ["x", "", "by"], ["nearest"], "nearest", mode="nearest", coordinate_transformation_mode="half_pixel"),
    ],
    [floats("x", "batch", 3, 6, 10)],
    [floats("smaller", "batch", 3, 4, 7), floats("larger", "batch", 3, 9, 15), floats("nearest", "batch", 3, 9, 15)],
    [ints("to", 4, 7), numpy_helper.from_array(numpy.array([1, 1, 1.5, 1.5], numpy.float32), "by")],
    18,
)

# Four heads of queries that share two of keys, with a mask of truth values, behind each other and without looking ahead.
checked(
    "attention",
    {
        "q": random.standard_normal((2, 5, 12)).astype(numpy.float32),
        "k": random.standard_normal((2, 5, 6)).astype(numpy.float32),
        "v": random.standard_normal((2, 5, 8)).astype(numpy.float32),
        "mask": numpy.array(random.random((2, 1, 5, 5)) < 0.6) | numpy.eye(5, dtype=bool),
    },
    [helper.make_node("Attention", ["q", "k", "v", "mask"], ["y"], "attention", q_num_heads=4, kv_num_heads=2, is_causal=1, softcap=2.0)],
    [
        floats("q", "batch", 5, 12), floats("k", "batch", 5, 6), floats("v", "batch", 5, 8),
        helper.make_tensor_value_info("mask", TensorProto.BOOL, ["batch", 1, 5, 5]),
    ],
    [floats("y", "batch", 5, 16)],
    [],
    23,
)

# Operators and an attribute that have no layer.
save(
    "unread",
    [
        helper.make_node("Relu", ["x"], ["r"], "relu"),
        helper.make_node("Unique", ["r"], ["u"], "head/unique"),
        helper.make_node("Det", ["square"], ["d"], "head/det"),
        helper.make_node("Softmax", ["u"], ["s"], "head/softmax"),
        helper.make_node("AveragePool", ["x"], ["p"], "pool", kernel_shape=[2, 2], dilations=[2, 2], auto_pad="SAME_LOWER"),
    ],
    [floats("x", "batch", 2, 4, 4), floats("square", "batch", 3, 3)],
    [floats("s", "m"), floats("d", "batch"), floats("p", "batch", 2, 4, 4)],
    [],
    opset=19,
)

(FOLDER / "damaged.onnx").write_bytes((FOLDER / "digits.onnx").read_bytes()[:1000])

# A mask of tokens at each pair of sample and token, as PyTorch's two exporters write it; rows that see nothing are zeros.
steps = numpy.arange(5)
seen = numpy.ones((3, 5), numpy.int64)
seen[1, 3:], seen[2] = 0, 0
checked(
    "masked",
    {"scores": random.standard_normal((3, 2, 5, 5)).astype(numpy.float32), "seen": seen},
    [
        helper.make_node("Cast", ["seen"], ["truth"], "truth", to=TensorProto.BOOL),
        helper.make_node("Shape", ["seen"], ["n"], "n", start=0, end=1),
        helper.make_node("Squeeze", ["n"], ["count"], "count"),
        helper.make_node("Range", ["zero", "count", "one"], ["samples"], "samples"),
        helper.make_node("Unsqueeze", ["samples", "behind"], ["sample"], "sample"),
        helper.make_node("Max", ["sample", "tokens"], ["both"], "both"),
        helper.make_node("Shape", ["both"], ["sizes"], "sizes"),
        helper.make_node("Expand", ["sample", "sizes"], ["rows"], "rows"),
        helper.make_node("Expand", ["tokens", "sizes"], ["columns"], "columns"),
        helper.make_node("Unsqueeze", ["rows", "last"], ["row"], "row"),
        helper.make_node("Unsqueeze", ["columns", "last"], ["column"], "column"),
        helper.make_node("Concat", ["row", "column"], ["places"], "places", axis=-1),
        helper.make_node("GatherND", ["truth", "places"], ["found"], "found"),
        helper.make_node("And", ["found", "past"], ["allowed"], "allowed"),
        helper.make_node("Where", ["allowed", "nothing", "never"], ["bias"], "bias"),
        helper.make_node("Add", ["scores", "bias"], ["masked"], "masked"),
        helper.make_node("Softmax", ["masked"], ["chances"], "chances", axis=-1),
        helper.make_node("IsNaN", ["chances"], ["blind"], "blind"),
        helper.make_node("Where", ["blind", "nothing", "chances"], ["weights"], "weights"),
        helper.make_node("Flatten", ["truth"], ["flat"], "flat", axis=2),
        helper.make_node("Mul", ["sample", "five"], ["first"], "first"),
        helper.make_node("Add", ["first", "tokens"], ["place"], "place"),
        helper.make_node("Gather", ["flat", "place"], ["again"], "again", axis=0),
        helper.make_node("Cast", ["again"], ["same"], "same", to=TensorProto.FLOAT),
    ],
    [floats("scores", "n", 2, 5, 5), helper.make_tensor_value_info("seen", TensorProto.INT64, ["n", 5])],
    [floats("weights", "n", 2, 5, 5), floats("same", "n", 1, 1, 5, 1)],
    [
        numpy_helper.from_array(numpy.int64(0), "zero"), numpy_helper.from_array(numpy.int64(1), "one"), ints("behind", 1, 2, 3), ints("last", -1),
        numpy_helper.from_array(steps.reshape(1, 1, 1, 5), "tokens"), numpy_helper.from_array(numpy.int64(5), "five"),
        numpy_helper.from_array(steps.reshape(1, 1, 1, 5) <= steps.reshape(1, 1, 5, 1), "past"),
        numpy_helper.from_array(numpy.float32(0), "nothing"), numpy_helper.from_array(numpy.float32(-numpy.inf), "never"),
    ],
)

# Positions that are counted over the tokens that are no padding, and token types that are looked up at them.
checked(
    "counted",
    {"ids": numpy.array([[4, 7, 2, 1, 1], [3, 1, 1, 1, 1]])},
    [
        helper.make_node("Gather", ["words", "ids"], ["word"], "word"),
        helper.make_node("Equal", ["ids", "padding"], ["is_padding"], "is_padding"),
        helper.make_node("Not", ["is_padding"], ["is_word"], "is_word"),
        helper.make_node("Cast", ["is_word"], ["counts"], "counts", to=TensorProto.INT64),
        helper.make_node("CumSum", ["counts", "padding"], ["sums"], "sums"),
        helper.make_node("Mul", ["sums", "counts"], ["own"], "own"),
        helper.make_node("Add", ["own", "padding"], ["position"], "position"),
        helper.make_node("Gather", ["places", "position"], ["place"], "place"),
        helper.make_node("Add", ["word", "place"], ["y"], "y"),
        helper.make_node("CumSum", ["y", "padding"], ["behind"], "behind", reverse=1, exclusive=1),
        helper.make_node("Shape", ["ids"], ["n"], "n", start=0, end=1),
        helper.make_node("Concat", ["n", "five"], ["sizes"], "sizes", axis=0),
        helper.make_node("Expand", ["steps", "sizes"], ["all"], "all"),
        helper.make_node("Slice", ["all", "from", "to", "last"], ["start"], "start"),
        helper.make_node("Concat", ["start", "all"], ["longer"], "longer", axis=1),
        helper.make_node("Gather", ["places", "longer"], ["known"], "known"),
        helper.make_node("Concat", ["y", "known"], ["z"], "z", axis=1),
    ],
    [helper.make_tensor_value_info("ids", TensorProto.INT64, ["n", 5])],
    [floats("behind", "n", 5, 3), floats("z", "n", 11, 3)],
    [
        tensor("words", 9, 3), tensor("places", 7, 3), numpy_helper.from_array(numpy.int64(1), "padding"), ints("five", 5),
        numpy_helper.from_array(steps.reshape(1, 5), "steps"), ints("from", 0), ints("to", 1), ints("last", -1),
    ],
)

# Parts and copies of values and constants, in blocks of other orders.
checked(
    "copies",
    {"x": random.standard_normal((2, 4, 6, 6)).astype(numpy.float32)},
    [
        helper.make_node("Slice", ["x", "from", "to", "axes", "by"], ["sparse"], "sparse"),
        helper.make_node("Slice", ["x", "last", "first", "height", "back"], ["turned"], "turned"),
        helper.make_node("Tile", ["sparse", "times"], ["tiled"], "tiled"),
        helper.make_node("ReduceMean", ["x"], ["mean"], "mean", axes=[2]),
        helper.make_node("Expand", ["mean", "wide"], ["spread"], "spread"),
        helper.make_node("DepthToSpace", ["x"], ["space"], "space", blocksize=2, mode="DCR"),
        helper.make_node("SpaceToDepth", ["x"], ["depth"], "depth", blocksize=3),
        helper.make_node("Shape", ["x"], ["n"], "n", start=0, end=1),
        helper.make_node("Concat", ["n", "ones"], ["counts"], "counts", axis=0),
        helper.make_node("Tile", ["token", "counts"], ["tokens"], "tokens"),
        helper.make_node("Concat", ["tokens", "turned"], ["joined"], "joined", axis=2),
    ],
    [floats("x", "n", 4, 6, 6)],
    [
        floats("tiled", "n", 4, 3, 6), floats("spread", "n", 4, 3, 6), floats("space", "n", 1, 12, 12), floats("depth", "n", 36, 2, 2),
        floats("joined", "n", 4, 7, 6),
    ],
    [
        ints("from", 1, 0), ints("to", 2**62, 6), ints("axes", 2, 3), ints("by", 2, 4), ints("last", -1), ints("first", -(2**62)),
        ints("height", 2), ints("back", -1), ints("times", 1, 1, 1, 3), ints("wide", 1, 1, 3, 1), ints("ones", 1, 1, 1), tensor("token", 1, 4, 1, 6),
    ],
)

# One number for each sample: what goes in, what comes out, and what is in between.
checked(
    "single",
    {
        "x": random.standard_normal((3, 4, 5)).astype(numpy.float32),
        "time": random.random(3).astype(numpy.float32),
        "kind": numpy.array([2, 0, 5]),
    },
    [
        helper.make_node("ReduceMean", ["x"], ["mean"], "mean", axes=[1, 2], keepdims=0),
        helper.make_node("Mul", ["mean", "time"], ["scaled"], "scaled"),
        helper.make_node("Sigmoid", ["scaled"], ["chance"], "chance"),
        helper.make_node("Unsqueeze", ["chance", "axes"], ["gate"], "gate"),
        helper.make_node("Mul", ["x", "gate"], ["gated"], "gated"),
        helper.make_node("Gather", ["table", "kind"], ["e"], "e"),
        helper.make_node("ReduceMax", ["x"], ["row"], "row", axes=[1], keepdims=0),
        helper.make_node("Concat", ["e", "row"], ["both"], "both", axis=1),
        helper.make_node("Gemm", ["both", "w"], ["score"], "score", transB=1),
        helper.make_node("Squeeze", ["score", "last"], ["y"], "y"),
        helper.make_node("Gather", ["row", "third"], ["z"], "z", axis=1),
    ],
    [floats("x", "n", 4, 5), floats("time", "n"), helper.make_tensor_value_info("kind", TensorProto.INT64, ["n"])],
    [floats("chance", "n"), floats("gated", "n", 4, 5), floats("y", "n"), floats("z", "n")],
    [tensor("table", 6, 3), tensor("w", 1, 8), ints("axes", 1, 2), ints("last", 1), numpy_helper.from_array(numpy.int64(3), "third")],
)

# The batch behind the steps, and a number that is an input.
checked(
    "steps_first",
    {"x": random.standard_normal((5, 3, 4)).astype(numpy.float32), "rate": numpy.array(16000, numpy.int64)},
    [
        helper.make_node("Equal", ["rate", "high"], ["is_high"], "is_high"),
        helper.make_node("If", ["is_high"], ["scale"], "if", then_branch=helper.make_graph([helper.make_node("Identity", ["large"], ["a"])], "then", [], [floats("a", 1)]),
            else_branch=helper.make_graph([helper.make_node("Identity", ["little"], ["b"])], "else", [], [floats("b", 1)])),
        helper.make_node("Mul", ["x", "scale"], ["scaled"], "scaled"),
        helper.make_node("LSTM", ["scaled", "w", "r"], ["states", "last"], "lstm", hidden_size=6),
        helper.make_node("Squeeze", ["states", "direction"], ["y"], "y"),
    ],
    [floats("x", "length", "batch", 4), helper.make_tensor_value_info("rate", TensorProto.INT64, [])],
    [floats("y", "length", "batch", 6), floats("last", 1, "batch", 6)],
    [
        numpy_helper.from_array(numpy.int64(16000), "high"), numpy_helper.from_array(numpy.array([2], numpy.float32), "large"),
        numpy_helper.from_array(numpy.array([0.5], numpy.float32), "little"), tensor("w", 1, 24, 4), tensor("r", 1, 24, 6), ints("direction", 1),
    ],
)

# A choice that a product with truth values would spoil: the logarithm of what is not chosen is NaN.
save(
    "unchosen",
    [
        helper.make_node("Greater", ["x", "zero"], ["positive"], "positive"),
        helper.make_node("Log", ["x"], ["logarithm"], "logarithm"),
        helper.make_node("Where", ["positive", "logarithm", "other"], ["y"], "choice"),
    ],
    [floats("x", "n", 4), floats("other", "n", 4)],
    [floats("y", "n", 4)],
    [numpy_helper.from_array(numpy.float32(0), "zero")],
)

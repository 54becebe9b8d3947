//! Joins and splits against PyTorch.

layercake_tests::parity! { add:
    rows: [5] -> [3] { j: Add { { b0: Linear(3) }, { b1: Linear(3) } } }
    maps: [2, 4, 4] -> [3, 4, 4] {
        j: Add { { b0: Conv2d(3, kernel = 3, padding = 1) }, { b1: Conv2d(3, kernel = 1) }, { b2: Conv2d(3, kernel = 1) } }
    }
    itself: [2, 3] -> [2, 3] { Add { { from input }, { from input } } }
    repeated: [3, 4, 5] -> [3, 4, 5] { Add { {}, { Mean(0), Unsqueeze(0) } } }
    both_repeated: [3, 4] -> [3, 4] { Add { { Mean(0), Unsqueeze(0) }, { Mean(1), Unsqueeze(1) } } }
    three: [3, 4] -> [3, 4] { Add { { Mean(0), Unsqueeze(0) }, { Mean(1), Unsqueeze(1) }, {} } }
}

layercake_tests::parity! { sub:
    rows: [5] -> [3] { j: Sub { { b0: Linear(3) }, { b1: Linear(3) } } }
    maps: [3, 3, 3] -> [3, 3, 3] { j: Sub { { b0: Conv2d(3, kernel = 1) }, { Tanh } } }
    centered: [3, 4] -> [3, 4] { Sub { {}, { Mean(1), Unsqueeze(1) } } }
    reversed: [3, 4] -> [3, 4] { Sub { { Mean(0), Unsqueeze(0) }, {} } }
}

layercake_tests::parity! { mul:
    rows: [5] -> [3] { j: Mul { { b0: Linear(3) }, { b1: Linear(3) } } }
    gated: [2, 4, 4] -> [2, 4, 4] { j: Mul { { b0: Conv2d(2, kernel = 1) }, { Sigmoid }, { Tanh } } }
    itself: [2, 3] -> [2, 3] { Mul { { from input }, { from input } } }
    channels: [3, 4, 5] -> [3, 4, 5] { Mul { {}, { GlobalAvgPool2d, Reshape(3, 1, 1), Sigmoid } } }
    places: [3, 4, 5] -> [3, 4, 5] { Mean(0), Unsqueeze(0), Sigmoid as gate, Mul { { from gate }, { from input } } }
}

layercake_tests::parity! { div:
    rows: [5] -> [3] { j: Div { { b0: Linear(3) }, { b1: Linear(3), Exp } } }
    maps: [3, 3, 3] -> [3, 3, 3] { j: Div { { b0: Conv2d(3, kernel = 1) }, { Tanh, Exp } } }
    softmax: [3, 4] -> [3, 4] { Exp as e, Sum(1), Unsqueeze(1) as sum, from e, Div(sum) }
    itself: [2, 3] -> [2, 3] { Div { { from input }, { from input } } }
}

layercake_tests::parity! { matmul:
    gram: [4, 5] -> [4, 4] { Transpose(0, 1) as t, from input, MatMul(t) }
    batched: [2, 3, 4] -> [2, 3, 3] { Transpose(1, 2) as t, from input, MatMul(t) }
    factors: [4, 6] -> [4, 4] { m: MatMul { { b0: Linear(3) }, { b1: Linear(3), Transpose(0, 1) } }, Div(8) }
    repeated: [2, 3, 4] -> [2, 3, 3] { MatMul { {}, { Mean(0), Transpose(0, 1), Unsqueeze(0) } } }
    repeated_first: [2, 3, 4] -> [2, 3, 3] { MatMul { { Mean(0), Unsqueeze(0) }, { Transpose(1, 2) } } }
    outer: [5] -> [5, 5] { MatMul { { Unsqueeze(1) }, { Unsqueeze(0) } } }
    square: [3, 3] -> [3, 3] { MatMul { {}, { Tanh } } }
}

layercake_tests::parity! { parameter:
    class_token: [3, 4] -> [4, 4] { j: Concat { { p: Parameter([1, 4]) }, { from input } } }
    position: [3, 4] -> [3, 4] { j: Add { { p: Parameter([3, 4]) }, { from input } } }
    scale: [3, 2, 4] -> [3, 2, 4] { j: Mul { { p: Parameter(3, 1, 1) }, { from input } } }
    prototypes: [6] -> [5] { j: MatMul { { p: Parameter([5, 6]) }, { Unsqueeze(1) } }, Squeeze(1) }
}

layercake_tests::parity! { maximum:
    rows: [5] -> [3] { j: Maximum { { b0: Linear(3) }, { b1: Linear(3) } } }
    maps: [2, 4, 4] -> [2, 4, 4] { j: Maximum { { b0: Conv2d(2, kernel = 1) }, { Tanh }, { b2: Conv2d(2, kernel = 1) } } }
    repeated: [3, 4] -> [3, 4] { Maximum { {}, { Mean(0), Unsqueeze(0) } } }
}

layercake_tests::parity! { minimum:
    rows: [5] -> [3] { j: Minimum { { b0: Linear(3) }, { b1: Linear(3) } } }
    maps: [2, 4, 4] -> [2, 4, 4] { j: Minimum { { b0: Conv2d(2, kernel = 1) }, { Tanh }, { b2: Conv2d(2, kernel = 1) } } }
    repeated: [3, 4] -> [3, 4] { Minimum { { Mean(1), Unsqueeze(1) }, {} } }
}

layercake_tests::parity! { concat:
    rows: [5] -> [5] { j: Concat { { b0: Linear(3) }, { b1: Linear(2) } } }
    channels: [2, 4, 3] -> [6, 4, 3] { j: Concat { { b0: Conv2d(3, kernel = 1) }, { Tanh }, { b2: Conv2d(1, kernel = 1) } } }
    last: [3, 4, 2] -> [3, 4, 4] { Concat(axis = 2) { { Tanh }, { Sigmoid } } }
    square: [3, 3, 3] -> [3, 6, 3] { Concat(axis = 1) { { Tanh }, { Sigmoid } } }
}

layercake_tests::parity! { chunk:
    halves: [6] -> [3] { Chunk(2) as (a, b), Mul(b) }
    channels: [6, 2, 3] -> [2, 2, 3] { Chunk(3) as (a, b, c), from b, Mul(c) as product, from a, Sub(product) }
    last: [2, 3, 4] -> [2, 3, 2] { Chunk(2, axis = 2) as (a, b), Mul(b) }
}

layercake_tests::parity! { split:
    rows: [7] -> [7] { Split([3, 4]) as (a, b), from b, Tanh, Concat(a, axis = 0) }
    channels: [6, 2, 3] -> [6, 2, 3] { Split([1, 3, 2]) as (a, b, c), from c, Sigmoid as s, from a, Concat(s, b, axis = 0) }
    last: [2, 3, 4] -> [2, 3, 1] { Split(1, 1, 2, dim = 3) as (a, b, _), from b, Mul(a) }
}

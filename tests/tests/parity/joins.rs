//! Joins and splits against PyTorch.

layercake_tests::parity! { add:
    rows: [5] -> [3] { j: Add { { b0: Linear(3) }, { b1: Linear(3) } } }
    maps: [2, 4, 4] -> [3, 4, 4] {
        j: Add { { b0: Conv2d(3, kernel = 3, padding = 1) }, { b1: Conv2d(3, kernel = 1) }, { b2: Conv2d(3, kernel = 1) } }
    }
    itself: [2, 3] -> [2, 3] { Add { { from input }, { from input } } }
}

layercake_tests::parity! { sub:
    rows: [5] -> [3] { j: Sub { { b0: Linear(3) }, { b1: Linear(3) } } }
    maps: [3, 3, 3] -> [3, 3, 3] { j: Sub { { b0: Conv2d(3, kernel = 1) }, { Tanh } } }
}

layercake_tests::parity! { mul:
    rows: [5] -> [3] { j: Mul { { b0: Linear(3) }, { b1: Linear(3) } } }
    gated: [2, 4, 4] -> [2, 4, 4] { j: Mul { { b0: Conv2d(2, kernel = 1) }, { Sigmoid }, { Tanh } } }
    itself: [2, 3] -> [2, 3] { Mul { { from input }, { from input } } }
}

layercake_tests::parity! { maximum:
    rows: [5] -> [3] { j: Maximum { { b0: Linear(3) }, { b1: Linear(3) } } }
    maps: [2, 4, 4] -> [2, 4, 4] { j: Maximum { { b0: Conv2d(2, kernel = 1) }, { Tanh }, { b2: Conv2d(2, kernel = 1) } } }
}

layercake_tests::parity! { minimum:
    rows: [5] -> [3] { j: Minimum { { b0: Linear(3) }, { b1: Linear(3) } } }
    maps: [2, 4, 4] -> [2, 4, 4] { j: Minimum { { b0: Conv2d(2, kernel = 1) }, { Tanh }, { b2: Conv2d(2, kernel = 1) } } }
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

//! Linear layers and flattening against PyTorch.

layercake_tests::parity! { linear:
    bias: [7] -> [3] { fc: Linear(3) }
    no_bias: [7] -> [3] { fc: Linear(3, bias = false) }
    square: [5] -> [5] { fc: Linear(5) }
    wide: [33] -> [17] { fc: Linear(17) }
    one_of_all: [1] -> [1] { fc: Linear(1) }
    batch_of_one: [9] -> [4] { fc: Linear(4) }
    sequence: [4, 6] -> [4, 5] { fc: Linear(5) }
    sequence_no_bias: [4, 6] -> [4, 5] { fc: Linear(5, bias = false) }
    sequence_square: [3, 3] -> [3, 3] { fc: Linear(3) }
    three_axes: [2, 4, 6] -> [2, 4, 5] { fc: Linear(6 -> 5) }
    four_axes: [2, 3, 2, 5] -> [2, 3, 2, 4] { fc: Linear(5, 4, bias = false) }
}

layercake_tests::parity! { flatten:
    image: [2, 3, 4] -> [24] { Flatten }
    sequence: [3, 5] -> [15] { Flatten }
    features: [4] -> [4] { Flatten }
    batch_of_one: [2, 2, 2] -> [8] { Flatten }
}

layercake_tests::parity! { maxout:
    two: [5] -> [3] { fc: Maxout(3, pieces = 2) }
    three_no_bias: [5] -> [4] { fc: Maxout(5 -> 4, pieces = 3, bias = false) }
    one_piece: [4] -> [4] { fc: Maxout(4, pieces = 1) }
    sequence: [3, 5] -> [3, 2] { fc: Maxout(2, pieces = 4) }
    square: [3, 3] -> [3, 3] { fc: Maxout(3, pieces = 3) }
}

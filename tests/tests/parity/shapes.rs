//! What moves elements and changes none, against PyTorch.

layercake_tests::parity! { reshape:
    to_image: [24] -> [2, 3, 4] { Reshape(2, 3, 4) }
    inferred: [24] -> [4, 2, 3] { Reshape(4, _, 3) }
    to_features: [2, 3, 4] -> [24] { Reshape(24) }
    other_axes: [2, 3, 4] -> [6, 4] { Reshape(shape = (6, 4)) }
    five_axes: [8, 3] -> [24] { Reshape(2, 2, 2, 3, 1), Reshape(_) }
    between: [6] -> [2, 1, 1] { fc: Linear(12), Reshape(3, 2, 2), conv: Conv2d(2, kernel = 2) }
}

layercake_tests::parity! { permute:
    swap: [3, 5] -> [5, 3] { Permute(1, 0) }
    channels_last: [2, 3, 4] -> [3, 4, 2] { Permute(1, 2, 0) }
    channels_first: [3, 4, 2] -> [2, 3, 4] { Permute(axes = (2, 0, 1)) }
    reversed: [2, 3, 4] -> [4, 3, 2] { Permute(2, 1, 0) }
    cube: [3, 3, 3] -> [3, 3, 3] { Permute(1, 2, 0) }
    same: [2, 3] -> [2, 3] { Permute(0, 1) }
    one_axis: [4] -> [4] { Permute(0) }
    between: [3, 4] -> [5, 2] { fc1: Linear(5), Permute(1, 0), fc2: Linear(2) }
}

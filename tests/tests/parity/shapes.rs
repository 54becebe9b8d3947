//! Operations that move elements without changing them, against PyTorch.

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

layercake_tests::parity! { pad:
    zeros: [2, 3, 4] -> [2, 5, 6] { Pad(1) }
    zeros_pair: [2, 3, 4] -> [2, 3, 8] { Pad((0, 2), mode = zeros) }
    zeros_sides: [2, 3, 4] -> [2, 4, 6] { Pad(top = 1, right = 2) }
    sides_differ: [2, 3, 4] -> [2, 6, 9] { Pad(1, bottom = 2, left = 4) }
    reflect: [2, 4, 5] -> [2, 8, 9] { Pad(2, mode = reflect) }
    reflect_sides: [2, 4, 3] -> [2, 8, 4] { Pad(top = 3, bottom = 1, left = 1, mode = reflect) }
    reflect_two: [2, 2, 2] -> [2, 4, 4] { Pad(1, mode = reflect) }
    replicate: [2, 3, 4] -> [2, 7, 8] { Pad(2, mode = replicate) }
    replicate_one_pixel: [2, 1, 1] -> [2, 4, 3] { Pad((1, 1), top = 2, mode = replicate) }
    square: [3, 3, 3] -> [3, 5, 5] { Pad(1, mode = reflect) }
    sequence: [2, 5] -> [2, 9] { Pad(left = 4) }
    sequence_reflect: [2, 5] -> [2, 9] { Pad(2, mode = reflect) }
    sequence_replicate: [2, 3] -> [2, 6] { Pad((0, 2), left = 1, mode = replicate) }
    nothing: [2, 3, 3] -> [2, 3, 3] { Pad(0, mode = reflect) }
}

layercake_tests::parity! { slice:
    features: [7] -> [3] { Slice(start = 2, end = 5) }
    to_the_end: [7] -> [5] { Slice(start = 2) }
    sequence: [4, 5] -> [4, 2] { Slice(axis = 1, end = 2) }
    channels: [4, 3, 2] -> [1, 3, 2] { Slice(axis = 0, start = 3) }
    square: [3, 3, 3] -> [3, 2, 3] { Slice(axis = 1, start = 1, end = 3) }
}

layercake_tests::parity! { mean:
    length: [4, 5] -> [5] { Mean(0) }
    map: [3, 4, 5] -> [3] { Mean(1, 2) }
    channels: [3, 4, 5] -> [4, 5] { Mean(axes = 0) }
    unordered: [3, 4, 5] -> [4] { Mean(2, 0) }
    square: [3, 3, 3] -> [3, 3] { Mean(1) }
    one: [1, 3] -> [3] { Mean(0) }
}

layercake_tests::parity! { amin:
    length: [4, 5] -> [5] { Amin(0) }
    map: [3, 4, 5] -> [3] { Amin(1, 2) }
    channels: [3, 4, 5] -> [4, 5] { Amin(axes = (0,)) }
    ties: [3, 6, 5] -> [3] { Amin(1, 2) }
}

layercake_tests::parity! { amax:
    length: [4, 5] -> [5] { Amax(0) }
    map: [3, 4, 5] -> [3] { Amax(1, 2) }
    channels: [3, 4, 5] -> [4, 5] { Amax(axes = (0,)) }
    ties: [3, 6, 5] -> [3] { Amax(1, 2) }
    square: [3, 3, 3] -> [3, 3] { Amax(1) }
    one: [1, 3] -> [3] { Amax(0) }
}

layercake_tests::parity! { select:
    first_step: [4, 5] -> [5] { Select(index = 0) }
    channel: [4, 3, 2] -> [3, 2] { Select(index = 3) }
    column: [3, 3, 3] -> [3, 3] { Select(axis = 2, index = 1) }
    row: [3, 4, 5] -> [3, 5] { Select(axis = 1, index = 2) }
}

layercake_tests::parity! { sum:
    length: [4, 5] -> [5] { Sum(0) }
    map: [3, 4, 5] -> [3] { Sum(1, 2) }
    unordered: [3, 4, 5] -> [4] { Sum(2, 0) }
    one: [1, 3] -> [3] { Sum(axes = (0,)) }
}

layercake_tests::parity! { transpose:
    sequence: [3, 5] -> [5, 3] { Transpose(0, 1) }
    outer: [2, 3, 4] -> [4, 3, 2] { Transpose(0, 2) }
    last: [2, 3, 4] -> [2, 4, 3] { Transpose(axes = (2, 1)) }
    cube: [3, 3, 3] -> [3, 3, 3] { Transpose(1, 0) }
    four_axes: [2, 3, 4, 2] -> [4, 3, 2, 2] { Transpose(0, 2) }
}

layercake_tests::parity! { unsqueeze:
    first: [4] -> [1, 4] { Unsqueeze(0) }
    last: [2, 3] -> [2, 3, 1] { Unsqueeze(axis = 2) }
    between: [2, 3] -> [2, 1, 2] { fc1: Linear(4), Unsqueeze(1), fc2: Linear(4 -> 2) }
}

layercake_tests::parity! { squeeze:
    first: [1, 4] -> [4] { Squeeze(0) }
    last: [2, 3, 1] -> [2, 3] { Squeeze(2) }
}

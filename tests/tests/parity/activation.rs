//! Activations and softmax against PyTorch.

layercake_tests::parity! { relu:
    features: [9] -> [9] { ReLU }
    sequence: [3, 5] -> [3, 5] { ReLU }
    image: [2, 3, 7] -> [2, 3, 7] { ReLU }
    zeros: [17] -> [17] { ReLU }
}

layercake_tests::parity! { leaky_relu:
    default_slope: [9] -> [9] { LeakyReLU }
    slope: [9] -> [9] { LeakyReLU(negative_slope = 0.2) }
    slope_zero: [9] -> [9] { LeakyReLU(negative_slope = 0.0) }
    slope_one: [9] -> [9] { LeakyReLU(negative_slope = 1.0) }
    slope_below_zero: [9] -> [9] { LeakyReLU(negative_slope = -0.5) }
    steep: [9] -> [9] { LeakyReLU(negative_slope = 1.5) }
    sequence: [3, 5] -> [3, 5] { LeakyReLU(negative_slope = 0.3) }
    image: [2, 3, 7] -> [2, 3, 7] { LeakyReLU(negative_slope = 0.3) }
    zeros: [17] -> [17] { LeakyReLU(negative_slope = 0.2) }
}

layercake_tests::parity! { tanh:
    features: [9] -> [9] { Tanh }
    sequence: [3, 5] -> [3, 5] { Tanh }
    image: [2, 3, 7] -> [2, 3, 7] { Tanh }
    large: [41] -> [41] { Tanh }
    small: [41] -> [41] { Tanh }
    zeros: [17] -> [17] { Tanh }
}

layercake_tests::parity! { sigmoid:
    features: [9] -> [9] { Sigmoid }
    sequence: [3, 5] -> [3, 5] { Sigmoid }
    image: [2, 3, 7] -> [2, 3, 7] { Sigmoid }
    large: [41] -> [41] { Sigmoid }
    zeros: [17] -> [17] { Sigmoid }
}

layercake_tests::parity! { softmax:
    features: [7] -> [7] { Softmax }
    features_stated: [4] -> [4] { Softmax(axis = 0) }
    sequence_axis0: [3, 5] -> [3, 5] { Softmax(axis = 0) }
    sequence_axis1: [3, 5] -> [3, 5] { Softmax(axis = 1) }
    image_axis0: [3, 4, 5] -> [3, 4, 5] { Softmax(axis = 0) }
    image_axis1: [3, 4, 5] -> [3, 4, 5] { Softmax(axis = 1) }
    image_axis2: [3, 4, 5] -> [3, 4, 5] { Softmax(axis = 2) }
    one_class: [1] -> [1] { Softmax }
    large: [10] -> [10] { Softmax }
    large_image: [4, 3, 3] -> [4, 3, 3] { Softmax(axis = 0) }
    ties: [9] -> [9] { Softmax }
}

layercake_tests::parity! { log_softmax:
    features: [7] -> [7] { LogSoftmax }
    features_stated: [4] -> [4] { LogSoftmax(axis = 0) }
    sequence_axis0: [3, 5] -> [3, 5] { LogSoftmax(axis = 0) }
    sequence_axis1: [3, 5] -> [3, 5] { LogSoftmax(axis = 1) }
    image_axis0: [3, 4, 5] -> [3, 4, 5] { LogSoftmax(axis = 0) }
    image_axis1: [3, 4, 5] -> [3, 4, 5] { LogSoftmax(axis = 1) }
    image_axis2: [3, 4, 5] -> [3, 4, 5] { LogSoftmax(axis = 2) }
    one_class: [1] -> [1] { LogSoftmax }
    large: [10] -> [10] { LogSoftmax }
    large_image: [4, 3, 3] -> [4, 3, 3] { LogSoftmax(axis = 0) }
    ties: [9] -> [9] { LogSoftmax }
}

layercake_tests::parity! { gelu:
    exact: [9] -> [9] { GELU }
    exact_image: [2, 3, 4] -> [2, 3, 4] { GELU }
    exact_zeros: [31] -> [31] { GELU(approximate = none) }
    exact_large: [40] -> [40] { GELU }
    approximate: [9] -> [9] { GELU(approximate = tanh) }
    approximate_sequence: [5, 4] -> [5, 4] { GELU(approximate = tanh) }
    approximate_large: [40] -> [40] { GELU(approximate = tanh) }
    between: [6] -> [3] { fc1: Linear(8), GELU, fc2: Linear(3) }
}

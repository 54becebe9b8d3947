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

layercake_tests::parity! { prelu:
    one: [9] -> [9] { act: PReLU }
    one_image: [3, 4, 5] -> [3, 4, 5] { act: PReLU(1) }
    channels: [3, 4, 5] -> [3, 4, 5] { act: PReLU(3) }
    features: [5] -> [5] { act: PReLU(5) }
    square: [4, 4, 4] -> [4, 4, 4] { act: PReLU(4) }
    zeros: [2, 30] -> [2, 30] { act: PReLU(2) }
}

layercake_tests::parity! { elu:
    features: [9] -> [9] { ELU }
    image: [2, 3, 4] -> [2, 3, 4] { ELU }
    zeros: [31] -> [31] { ELU }
    large: [40] -> [40] { ELU }
    alpha: [9] -> [9] { ELU(alpha = 0.3) }
}

layercake_tests::parity! { selu:
    features: [9] -> [9] { SELU }
    image: [2, 3, 4] -> [2, 3, 4] { SELU }
    zeros: [31] -> [31] { SELU }
    large: [40] -> [40] { SELU }
}

layercake_tests::parity! { silu:
    features: [9] -> [9] { SiLU }
    image: [2, 3, 4] -> [2, 3, 4] { SiLU }
    zeros: [31] -> [31] { SiLU }
    large: [40] -> [40] { SiLU }
}

layercake_tests::parity! { softplus:
    features: [9] -> [9] { Softplus }
    image: [2, 3, 4] -> [2, 3, 4] { Softplus }
    zeros: [31] -> [31] { Softplus }
    large: [40] -> [40] { Softplus }
    beta: [9] -> [9] { Softplus(beta = 2.5) }
    threshold: [9] -> [9] { Softplus(threshold = 0.5) }
}

layercake_tests::parity! { hardtanh:
    features: [9] -> [9] { Hardtanh }
    image: [2, 3, 4] -> [2, 3, 4] { Hardtanh }
    zeros: [31] -> [31] { Hardtanh }
    large: [40] -> [40] { Hardtanh }
    bounds: [9] -> [9] { Hardtanh(min_val = -0.3, max_val = 0.8) }
}

layercake_tests::parity! { relu6:
    features: [9] -> [9] { ReLU6 }
    image: [2, 3, 4] -> [2, 3, 4] { ReLU6 }
    zeros: [31] -> [31] { ReLU6 }
    large: [40] -> [40] { ReLU6 }
}

layercake_tests::parity! { glu:
    features: [8] -> [4] { GLU }
    sequence_last: [3, 6] -> [3, 3] { GLU }
    sequence_first: [4, 5] -> [2, 5] { GLU(axis = 0) }
    image: [4, 3, 5] -> [2, 3, 5] { GLU(axis = 0) }
    square: [4, 4, 4] -> [4, 2, 4] { GLU(axis = 1) }
    two: [2] -> [1] { GLU(axis = 0) }
}

layercake_tests::parity! { hardsigmoid:
    features: [9] -> [9] { Hardsigmoid }
    image: [2, 3, 4] -> [2, 3, 4] { Hardsigmoid }
    zeros: [31] -> [31] { Hardsigmoid }
    large: [40] -> [40] { Hardsigmoid }
}

layercake_tests::parity! { hardswish:
    features: [9] -> [9] { Hardswish }
    image: [2, 3, 4] -> [2, 3, 4] { Hardswish }
    zeros: [31] -> [31] { Hardswish }
    large: [40] -> [40] { Hardswish }
}

layercake_tests::parity! { mish:
    features: [9] -> [9] { Mish }
    image: [2, 3, 4] -> [2, 3, 4] { Mish }
    zeros: [31] -> [31] { Mish }
    large: [40] -> [40] { Mish }
    between: [6] -> [3] { fc1: Linear(8), act: Mish, fc2: Linear(3) }
}

layercake_tests::parity! { softsign:
    features: [9] -> [9] { Softsign }
    image: [2, 3, 4] -> [2, 3, 4] { Softsign }
    zeros: [31] -> [31] { Softsign }
    large: [40] -> [40] { Softsign }
}

layercake_tests::parity! { softshrink:
    features: [9] -> [9] { Softshrink }
    image: [2, 3, 4] -> [2, 3, 4] { Softshrink }
    zeros: [31] -> [31] { Softshrink }
    large: [40] -> [40] { Softshrink }
    lambd: [9] -> [9] { Softshrink(0.2) }
}

layercake_tests::parity! { exp:
    features: [9] -> [9] { Exp }
    image: [2, 3, 4] -> [2, 3, 4] { Exp }
    zeros: [31] -> [31] { Exp }
    between: [6] -> [3] { fc1: Linear(8), act: Exp, fc2: Linear(3) }
}

layercake_tests::parity! { log:
    features: [40] -> [40] { Log }
    image: [2, 3, 4] -> [2, 3, 4] { Log }
    of_exp: [6] -> [3] { fc1: Linear(8), exp: Exp, act: Log, fc2: Linear(3) }
}

layercake_tests::parity! { sqrt:
    features: [40] -> [40] { Sqrt }
    image: [2, 3, 4] -> [2, 3, 4] { Sqrt }
}

layercake_tests::parity! { abs:
    features: [9] -> [9] { Abs }
    image: [2, 3, 4] -> [2, 3, 4] { Abs }
    zeros: [31] -> [31] { Abs }
}

layercake_tests::parity! { pow:
    square: [9] -> [9] { Pow(2.0) }
    cube: [2, 3, 4] -> [2, 3, 4] { Pow(3.0) }
    one: [31] -> [31] { Pow(exponent = 1.0) }
    zero: [31] -> [31] { Pow(0.0) }
    inverse: [40] -> [40] { Pow(-1.0) }
    root: [40] -> [40] { Pow(0.5) }
    inverse_root: [40] -> [40] { Pow(-0.5) }
    between: [40] -> [40] { Pow(1.7) }
}

layercake_tests::parity! { threshold:
    features: [9] -> [9] { Threshold(0.1, value = 20.0) }
    image: [2, 3, 4] -> [2, 3, 4] { Threshold(0.1, value = 20.0) }
    zeros: [31] -> [31] { Threshold(0.1, value = 20.0) }
    large: [40] -> [40] { Threshold(0.1, value = 20.0) }
    below_zero: [9] -> [9] { Threshold(-0.5, value = 0.0) }
}

layercake_tests::parity! { clamp:
    both: [9] -> [9] { Clamp(min = -0.5, max = 0.25) }
    min: [9] -> [9] { Clamp(min = 0.0) }
    max: [2, 3, 4] -> [2, 3, 4] { Clamp(max = 0.5) }
    bounds: [31] -> [31] { Clamp(min = 0.0, max = 0.5) }
    large: [40] -> [40] { Clamp(min = -10.0, max = 10.0) }
}

layercake_tests::parity! { nan_to_num:
    image: [2, 3, 4] -> [2, 3, 4] { NanToNum }
    broken: [31] -> [31] { NanToNum, Clamp(min = -3.0, max = 3.0) }
    nan: [2, 3, 4] -> [2, 3, 4] { NanToNum(-1.5), Clamp(min = -3.0, max = 3.0) }
}

layercake_tests::parity! { rrelu:
    features: [9] -> [9] { RReLU }
    image: [2, 3, 4] -> [2, 3, 4] { RReLU(lower = 0.1, upper = 0.5) }
    zeros: [31] -> [31] { RReLU }
    one_slope: [9] -> [9] { RReLU(lower = 0.2, upper = 0.2) }
}

layercake_tests::parity! { softmin:
    features: [7] -> [7] { Softmin }
    sequence: [3, 5] -> [3, 5] { Softmin(axis = 1) }
    image: [3, 4, 5] -> [3, 4, 5] { Softmin(axis = 0) }
    large: [10] -> [10] { Softmin }
}

layercake_tests::parity! { rescaling:
    scale: [9] -> [9] { Mul(0.125) }
    both: [2, 3, 4] -> [2, 3, 4] { Rescaling(-2.5, offset = 0.75) }
    zeros: [31] -> [31] { Rescaling(3.0) }
    numbers: [5] -> [4] { fc: Linear(4), Div(8), Add(1.0), Sub(0.5), Mul(3) }
}

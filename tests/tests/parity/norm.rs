//! Normalization against PyTorch, and dropout at inference.

layercake_tests::parity! { batch_norm1d:
    features: [5] -> [5] { bn: BatchNorm1d }
    sequence: [4, 6] -> [4, 6] { bn: BatchNorm1d }
    square: [5, 5] -> [5, 5] { bn: BatchNorm1d }
    batch_of_two: [6] -> [6] { bn: BatchNorm1d(eps = 0.5) }
    batch_of_one: [4, 5] -> [4, 5] { bn: BatchNorm1d }
    eps: [5] -> [5] { bn: BatchNorm1d(eps = 0.3) }
    momentum: [5] -> [5] { bn: BatchNorm1d(momentum = 0.35) }
    momentum_zero: [5] -> [5] { bn: BatchNorm1d(momentum = 0.0) }
    momentum_one: [5] -> [5] { bn: BatchNorm1d(momentum = 1.0) }
    not_affine: [5] -> [5] { bn: BatchNorm1d(affine = false) }
    not_affine_sequence: [4, 6] -> [4, 6] { bn: BatchNorm1d(affine = false) }
    one_feature: [1] -> [1] { bn: BatchNorm1d }
    offset: [5] -> [5] { bn: BatchNorm1d }
    flat: [5] -> [5] { bn: BatchNorm1d }
}

layercake_tests::parity! { batch_norm2d:
    image: [4, 3, 5] -> [4, 3, 5] { bn: BatchNorm2d }
    square: [5, 5, 5] -> [5, 5, 5] { bn: BatchNorm2d }
    batch_of_one: [3, 4, 5] -> [3, 4, 5] { bn: BatchNorm2d }
    one_pixel: [6, 1, 1] -> [6, 1, 1] { bn: BatchNorm2d }
    one_channel: [1, 5, 4] -> [1, 5, 4] { bn: BatchNorm2d }
    eps: [4, 3, 5] -> [4, 3, 5] { bn: BatchNorm2d(eps = 0.3) }
    momentum: [4, 3, 5] -> [4, 3, 5] { bn: BatchNorm2d(momentum = 0.35) }
    momentum_zero: [4, 3, 5] -> [4, 3, 5] { bn: BatchNorm2d(momentum = 0.0) }
    momentum_one: [4, 3, 5] -> [4, 3, 5] { bn: BatchNorm2d(momentum = 1.0) }
    not_affine: [4, 3, 5] -> [4, 3, 5] { bn: BatchNorm2d(affine = false) }
    all_options: [4, 3, 5] -> [4, 3, 5] { bn: BatchNorm2d(eps = 0.02, momentum = 0.6, affine = false) }
    offset: [4, 6, 5] -> [4, 6, 5] { bn: BatchNorm2d }
    flat: [4, 3, 5] -> [4, 3, 5] { bn: BatchNorm2d }
}

layercake_tests::parity! { dropout:
    nothing_dropped: [9] -> [9] { Dropout(0.0) }
    nothing_dropped_image: [2, 3, 4] -> [2, 3, 4] { Dropout(0.0) }
    inference: [9] -> [9] { Dropout(0.5) }
    inference_image: [2, 3, 4] -> [2, 3, 4] { Dropout(0.25) }
    inference_between: [6] -> [3] { fc1: Linear(8), ReLU, Dropout(0.7), fc2: Linear(3) }
}

layercake_tests::parity! { layer_norm:
    features: [7] -> [7] { norm: LayerNorm }
    sequence: [4, 6] -> [4, 6] { norm: LayerNorm }
    sequence_whole: [4, 6] -> [4, 6] { norm: LayerNorm(4, 6) }
    image_last: [2, 3, 5] -> [2, 3, 5] { norm: LayerNorm(5) }
    image_two: [2, 3, 5] -> [2, 3, 5] { norm: LayerNorm(3, 5) }
    image_whole: [2, 3, 5] -> [2, 3, 5] { norm: LayerNorm(2, 3, 5) }
    square: [4, 4, 4] -> [4, 4, 4] { norm: LayerNorm(4, 4) }
    eps: [6] -> [6] { norm: LayerNorm(eps = 0.3) }
    not_affine: [3, 5] -> [3, 5] { LayerNorm(5, affine = false) }
    batch_of_one: [8] -> [8] { norm: LayerNorm(8) }
    one_feature: [1] -> [1] { norm: LayerNorm }
    two_features: [2] -> [2] { norm: LayerNorm(eps = 0.5) }
    offset: [9] -> [9] { norm: LayerNorm }
    flat: [9] -> [9] { norm: LayerNorm }
}

layercake_tests::parity! { group_norm:
    image: [4, 3, 5] -> [4, 3, 5] { norm: GroupNorm(2) }
    one_group: [4, 3, 5] -> [4, 3, 5] { norm: GroupNorm(1, channels = 4) }
    each_channel: [4, 3, 5] -> [4, 3, 5] { norm: GroupNorm(4) }
    features: [6] -> [6] { norm: GroupNorm(2) }
    sequence: [6, 4] -> [6, 4] { norm: GroupNorm(groups = 3) }
    eps: [4, 2, 3] -> [4, 2, 3] { norm: GroupNorm(2, eps = 0.3) }
    not_affine: [4, 2, 3] -> [4, 2, 3] { GroupNorm(2, affine = false) }
    square: [4, 4, 4] -> [4, 4, 4] { norm: GroupNorm(2) }
    offset: [4, 3, 5] -> [4, 3, 5] { norm: GroupNorm(2) }
}

layercake_tests::parity! { instance_norm2d:
    image: [4, 3, 5] -> [4, 3, 5] { InstanceNorm2d }
    affine: [4, 3, 5] -> [4, 3, 5] { norm: InstanceNorm2d(4, affine = true) }
    eps: [3, 2, 4] -> [3, 2, 4] { norm: InstanceNorm2d(eps = 0.3, affine = true) }
    square: [4, 4, 4] -> [4, 4, 4] { norm: InstanceNorm2d(affine = true) }
    one_channel: [1, 3, 2] -> [1, 3, 2] { norm: InstanceNorm2d(affine = true) }
    flat: [3, 4, 4] -> [3, 4, 4] { norm: InstanceNorm2d(affine = true) }
}

layercake_tests::parity! { local_response_norm:
    odd: [7, 3, 4] -> [7, 3, 4] { LocalResponseNorm(5) }
    even: [6, 3, 4] -> [6, 3, 4] { LocalResponseNorm(4, alpha = 0.3, beta = 0.6, k = 2.0) }
    one: [4, 2, 3] -> [4, 2, 3] { LocalResponseNorm(1, alpha = 1.0) }
    wider_than_channels: [2, 3, 3] -> [2, 3, 3] { LocalResponseNorm(9, alpha = 0.5) }
    square: [4, 4, 4] -> [4, 4, 4] { LocalResponseNorm(3, alpha = 1.0, beta = 1.0) }
    one_channel: [1, 2, 2] -> [1, 2, 2] { LocalResponseNorm(2, alpha = 0.7) }
}

layercake_tests::parity! { rms_norm:
    features: [7] -> [7] { norm: RMSNorm }
    sequence: [4, 6] -> [4, 6] { norm: RMSNorm }
    image_all: [2, 3, 4] -> [2, 3, 4] { norm: RMSNorm(shape = (2, 3, 4), eps = 1e-5) }
    image_last_two: [2, 3, 4] -> [2, 3, 4] { norm: RMSNorm(shape = (3, 4), eps = 1e-3) }
    not_affine: [5] -> [5] { norm: RMSNorm(eps = 1e-5, affine = false) }
    offset: [9] -> [9] { norm: RMSNorm }
    between: [6] -> [3] { fc1: Linear(8), norm: RMSNorm, ReLU, fc2: Linear(3) }
}

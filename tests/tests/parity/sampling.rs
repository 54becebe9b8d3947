//! Resizing and adaptive pooling against PyTorch.

layercake_tests::parity! { global_avg_pool2d:
    image: [4, 3, 5] -> [4] { GlobalAvgPool2d }
    square: [3, 3, 3] -> [3] { GlobalAvgPool2d }
    one_pixel: [3, 1, 1] -> [3] { GlobalAvgPool2d }
    one_channel: [1, 5, 2] -> [1] { GlobalAvgPool2d }
    classifier: [3, 6, 5] -> [2] { conv: Conv2d(4, kernel = 3), GlobalAvgPool2d, fc: Linear(4 -> 2) }
}

layercake_tests::parity! { upsample:
    nearest: [2, 3, 4] -> [2, 6, 8] { Upsample(2) }
    nearest_pair: [2, 3, 4] -> [2, 9, 4] { Upsample((3, 1), mode = nearest) }
    nearest_one_pixel: [2, 1, 1] -> [2, 3, 3] { Upsample(3) }
    nearest_square: [3, 3, 3] -> [3, 9, 9] { Upsample(scale = 3) }
    bilinear: [2, 3, 4] -> [2, 6, 8] { Upsample(2, mode = bilinear) }
    bilinear_pair: [2, 4, 3] -> [2, 12, 6] { Upsample((3, 2), mode = bilinear) }
    bilinear_four: [1, 5, 2] -> [1, 20, 8] { Upsample(4, mode = bilinear, align_corners = false) }
    bilinear_one_row: [2, 1, 4] -> [2, 2, 8] { Upsample(2, mode = bilinear) }
    corners: [2, 3, 4] -> [2, 6, 8] { Upsample(2, mode = bilinear, align_corners = true) }
    corners_pair: [2, 4, 3] -> [2, 8, 9] { Upsample((2, 3), mode = bilinear, align_corners = true) }
    corners_one_pixel: [2, 1, 1] -> [2, 2, 2] { Upsample(2, mode = bilinear, align_corners = true) }
    corners_scale_one: [2, 1, 3] -> [2, 1, 6] { Upsample((1, 2), mode = bilinear, align_corners = true) }
    corners_square: [4, 4, 4] -> [4, 8, 8] { Upsample(2, mode = bilinear, align_corners = true) }
}

layercake_tests::parity! { adaptive_avg_pool2d:
    one: [2, 5, 4] -> [2, 1, 1] { AdaptiveAvgPool2d(1) }
    divides: [2, 6, 4] -> [2, 3, 2] { AdaptiveAvgPool2d((3, 2)) }
    overlaps: [2, 7, 5] -> [2, 3, 4] { AdaptiveAvgPool2d((3, 4)) }
    larger: [2, 3, 2] -> [2, 5, 5] { AdaptiveAvgPool2d(output_size = 5) }
    same: [3, 3, 3] -> [3, 3, 3] { AdaptiveAvgPool2d(3) }
    one_pixel: [2, 1, 1] -> [2, 2, 1] { AdaptiveAvgPool2d((2, 1)) }
}

layercake_tests::parity! { fractional_max_pool2d:
    number: [2, 7, 9] -> [2, 4, 4] { FractionalMaxPool2d(2, output_size = 4) }
    pair: [2, 9, 8] -> [2, 4, 3] { FractionalMaxPool2d((3, 2), output_size = (4, 3)) }
    square: [3, 8, 8] -> [3, 5, 5] { FractionalMaxPool2d(2, output_size = 5) }
    one: [2, 4, 5] -> [2, 1, 1] { FractionalMaxPool2d(2, output_size = 1) }
    ties: [2, 7, 6] -> [2, 4, 3] { FractionalMaxPool2d(2, output_size = (4, 3)) }
}

layercake_tests::parity! { unpool:
    nails: [2, 3, 4] -> [2, 6, 8] { Upsample(2, mode = bed_of_nails) }
    nails_pair: [2, 3, 2] -> [2, 3, 6] { Upsample((1, 3), mode = bed_of_nails) }
    nails_square: [3, 3, 3] -> [3, 9, 9] { Upsample(3, mode = bed_of_nails) }
}

layercake_tests::parity! { max_unpool2d:
    half: [2, 6, 4] -> [2, 6, 4] { pool: MaxPool2d(2), Tanh, MaxUnpool2d(pool) }
    learned: [2, 6, 8] -> [3, 6, 8] {
        u: Sequential { before: Conv2d(3, kernel = 3, padding = 1), pool: MaxPool2d((2, 4)), between: Conv2d(3, kernel = 1), MaxUnpool2d(pool) }
    }
    remainder: [2, 7, 5] -> [2, 7, 5] { pool: MaxPool2d(2), Tanh, MaxUnpool2d(pool) }
    square: [3, 3, 3] -> [3, 3, 3] { pool: MaxPool2d(kernel = 3), Sigmoid, MaxUnpool2d(pool) }
    stride_beyond_kernel: [2, 7, 8] -> [2, 7, 8] { pool: MaxPool2d(2, stride = 3), Tanh, MaxUnpool2d(pool) }
    padding: [2, 6, 6] -> [2, 6, 6] { pool: MaxPool2d(2, padding = 1), Tanh, MaxUnpool2d(pool) }
    overlapping: [2, 6, 5] -> [2, 6, 5] { u: Sequential { pool: MaxPool2d(3, stride = 1), between: Conv2d(2, kernel = 1), MaxUnpool2d(pool) } }
    overlapping_padded: [2, 5, 6] -> [2, 5, 6] { pool: MaxPool2d((3, 2), stride = (2, 1), padding = 1), Tanh, MaxUnpool2d(pool) }
    ties: [3, 6, 6] -> [3, 6, 6] { pool: MaxPool2d(2), Tanh, MaxUnpool2d(pool) }
    one_pixel: [2, 1, 1] -> [2, 1, 1] { pool: MaxPool2d(1), Tanh, MaxUnpool2d(pool) }
}

layercake_tests::parity! { global_max_pool2d:
    image: [3, 4, 5] -> [3] { GlobalMaxPool2d }
    ties: [3, 6, 5] -> [3] { GlobalMaxPool2d }
    negative: [2, 3, 3] -> [2] { GlobalMaxPool2d }
    one_pixel: [3, 1, 1] -> [3] { GlobalMaxPool2d }
}

layercake_tests::parity! { pixel_shuffle:
    two: [8, 3, 5] -> [2, 6, 10] { PixelShuffle(2) }
    three: [9, 2, 1] -> [1, 6, 3] { PixelShuffle(3) }
    one: [3, 2, 4] -> [3, 2, 4] { PixelShuffle(1) }
    behind_conv: [2, 4, 3] -> [3, 8, 6] { conv: Conv2d(12, kernel = 3, padding = 1), PixelShuffle(2), Tanh }
}

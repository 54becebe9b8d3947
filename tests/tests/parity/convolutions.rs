//! Convolutions other than the ordinary one, against PyTorch.

layercake_tests::parity! { conv_transpose2d:
    kernel_number: [2, 4, 5] -> [3, 6, 7] { conv: ConvTranspose2d(3, kernel = 3) }
    kernel_pair: [2, 4, 5] -> [3, 6, 6] { conv: ConvTranspose2d(3, kernel = (3, 2)) }
    stride_number: [2, 4, 5] -> [3, 9, 11] { conv: ConvTranspose2d(3, kernel = 3, stride = 2) }
    stride_pair: [2, 4, 5] -> [3, 12, 7] { conv: ConvTranspose2d(2 -> 3, kernel = 3, stride = (3, 1)) }
    stride_beyond_kernel: [2, 3, 4] -> [3, 8, 11] { conv: ConvTranspose2d(3, kernel = 2, stride = 3) }
    padding_number: [2, 4, 5] -> [3, 4, 5] { conv: ConvTranspose2d(3, kernel = 3, padding = 1) }
    padding_pair: [2, 4, 5] -> [3, 1, 7] { conv: ConvTranspose2d(3, kernel = (4, 3), padding = (3, 0)) }
    output_padding: [2, 4, 5] -> [3, 8, 10] { conv: ConvTranspose2d(3, kernel = 3, stride = 2, padding = 1, output_padding = 1) }
    output_padding_pair: [2, 4, 5] -> [3, 10, 17] { conv: ConvTranspose2d(3, kernel = 3, stride = (2, 3), output_padding = (1, 2)) }
    output_padding_by_dilation: [2, 4, 5] -> [3, 9, 10] { conv: ConvTranspose2d(3, kernel = 2, dilation = 3, output_padding = 2) }
    dilation_number: [2, 4, 5] -> [3, 8, 9] { conv: ConvTranspose2d(3, kernel = 3, dilation = 2) }
    dilation_pair: [2, 4, 5] -> [3, 2, 7] { conv: ConvTranspose2d(3, kernel = 3, dilation = (1, 3), padding = 2) }
    groups: [6, 4, 3] -> [4, 6, 5] { conv: ConvTranspose2d(4, kernel = 3, groups = 2) }
    depthwise: [4, 3, 5] -> [4, 7, 11] { conv: ConvTranspose2d(4, kernel = 3, stride = 2, groups = 4) }
    groups_no_bias: [4, 3, 4] -> [6, 5, 6] { conv: ConvTranspose2d(6, kernel = 3, groups = 2, bias = false) }
    all_options: [4, 5, 3] -> [6, 12, 6] {
        conv: ConvTranspose2d(6, kernel = (3, 2), stride = (2, 3), padding = (1, 2), output_padding = (1, 0), dilation = (2, 3), groups = 2)
    }
    no_bias: [2, 4, 5] -> [3, 6, 7] { conv: ConvTranspose2d(3, kernel = 3, bias = false) }
    square: [4, 4, 4] -> [4, 8, 8] { conv: ConvTranspose2d(4, kernel = 4, stride = 2, padding = 1) }
    batch_of_one: [3, 4, 2] -> [2, 8, 4] { conv: ConvTranspose2d(2, kernel = 2, stride = 2) }
    one_pixel: [5, 1, 1] -> [3, 4, 4] { conv: ConvTranspose2d(3, kernel = 4) }
    one_channel: [1, 3, 4] -> [1, 6, 8] { conv: ConvTranspose2d(1, kernel = 3, stride = 2, padding = 1, output_padding = 1) }
    pointwise: [3, 4, 5] -> [2, 4, 5] { conv: ConvTranspose2d(2, kernel = 1) }
}

layercake_tests::parity! { masked_conv2d:
    a: [2, 5, 6] -> [3, 5, 6] { conv: MaskedConv2d(3, kernel = 3, mask = A) }
    b: [2, 5, 6] -> [3, 5, 6] { conv: MaskedConv2d(3, kernel = 3, mask = B) }
    a_wide: [1, 7, 8] -> [4, 7, 8] { conv: MaskedConv2d(1 -> 4, kernel = 7, mask = A, stack = full) }
    b_pointwise: [4, 3, 5] -> [3, 3, 5] { conv: MaskedConv2d(3, kernel = 1, mask = B) }
    kernel_pair: [2, 4, 7] -> [3, 4, 7] { conv: MaskedConv2d(3, kernel = (3, 5), mask = B) }
    dilation: [2, 7, 8] -> [3, 7, 8] { conv: MaskedConv2d(3, kernel = 3, mask = B, dilation = 2) }
    rgb_a: [3, 5, 4] -> [6, 5, 4] { conv: MaskedConv2d(6, kernel = 3, mask = A, colors = 3) }
    rgb_b: [6, 5, 4] -> [9, 5, 4] { conv: MaskedConv2d(9, kernel = 3, mask = B, colors = 3) }
    rgb_a_pointwise: [3, 2, 3] -> [6, 2, 3] { conv: MaskedConv2d(6, kernel = 1, mask = A, colors = 3) }
    rgb_b_no_bias: [3, 4, 4] -> [3, 4, 4] { conv: MaskedConv2d(3, kernel = 3, mask = B, colors = 3, bias = false) }
    vertical_a: [2, 5, 6] -> [3, 5, 6] { conv: MaskedConv2d(3, kernel = 3, mask = A, stack = vertical) }
    vertical_b: [2, 5, 6] -> [3, 5, 6] { conv: MaskedConv2d(3, kernel = (5, 3), mask = B, stack = vertical) }
    horizontal_a: [2, 5, 6] -> [3, 5, 6] { conv: MaskedConv2d(3, kernel = (1, 5), mask = A, stack = horizontal) }
    horizontal_b: [2, 5, 6] -> [3, 5, 6] { conv: MaskedConv2d(3, kernel = 3, mask = B, stack = horizontal) }
    horizontal_rgb: [6, 4, 5] -> [6, 4, 5] { conv: MaskedConv2d(6, kernel = 3, mask = A, stack = horizontal, colors = 3) }
    square: [3, 3, 3] -> [3, 3, 3] { conv: MaskedConv2d(3, kernel = 3, mask = B) }
    one_pixel: [2, 1, 1] -> [2, 1, 1] { conv: MaskedConv2d(2, kernel = 3, mask = B) }
}

layercake_tests::parity! { conv1d:
    kernel: [2, 7] -> [3, 5] { conv: Conv1d(3, kernel = 3) }
    stride_remainder: [2, 8] -> [3, 2] { conv: Conv1d(2 -> 3, kernel = 3, stride = 3) }
    padding_beyond_half: [2, 4] -> [3, 8] { conv: Conv1d(3, kernel = 3, padding = 3) }
    dilation: [2, 9] -> [3, 5] { conv: Conv1d(3, kernel = 3, dilation = 2) }
    groups: [4, 6] -> [6, 5] { conv: Conv1d(6, kernel = 2, groups = 2) }
    depthwise: [5, 6] -> [5, 6] { conv: Conv1d(5, kernel = 3, padding = 1, groups = 5, bias = false) }
    all_options: [4, 11] -> [2, 5] { conv: Conv1d(2, kernel = 3, stride = 2, padding = 2, dilation = 3, groups = 2) }
    square: [5, 5] -> [5, 5] { conv: Conv1d(5, kernel = 3, padding = 1) }
    one_element: [3, 1] -> [2, 1] { conv: Conv1d(2, kernel = 1) }
    one_channel: [1, 9] -> [1, 7] { conv: Conv1d(1, kernel = 3) }
}

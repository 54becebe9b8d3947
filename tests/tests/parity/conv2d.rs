//! Convolutions against PyTorch.

layercake_tests::parity! { conv2d:
    kernel_number: [2, 7, 6] -> [3, 5, 4] { conv: Conv2d(3, kernel = 3) }
    kernel_pair: [2, 7, 6] -> [3, 5, 5] { conv: Conv2d(3, kernel = (3, 2)) }
    stride_number: [2, 9, 7] -> [3, 4, 3] { conv: Conv2d(3, kernel = 3, stride = 2) }
    stride_pair: [2, 9, 7] -> [3, 3, 5] { conv: Conv2d(3, kernel = 3, stride = (3, 1)) }
    stride_remainder: [1, 8, 10] -> [4, 2, 3] { conv: Conv2d(4, kernel = 3, stride = 3) }
    stride_beyond_kernel: [2, 9, 8] -> [3, 2, 2] { conv: Conv2d(3, kernel = 2, stride = 4) }
    padding_number: [2, 5, 6] -> [3, 5, 6] { conv: Conv2d(3, kernel = 3, padding = 1) }
    padding_pair: [2, 5, 6] -> [3, 5, 6] { conv: Conv2d(3, kernel = (5, 1), padding = (2, 0)) }
    padding_other_pair: [2, 6, 5] -> [3, 6, 8] { conv: Conv2d(3, kernel = (1, 4), padding = (0, 3)) }
    padding_wide: [2, 4, 5] -> [3, 6, 7] { conv: Conv2d(3, kernel = 3, padding = 2) }
    padding_beyond_kernel: [2, 3, 4] -> [3, 9, 10] { conv: Conv2d(3, kernel = 3, padding = 4) }
    dilation_number: [2, 8, 9] -> [3, 4, 5] { conv: Conv2d(3, kernel = 3, dilation = 2) }
    dilation_pair: [2, 8, 9] -> [3, 4, 3] { conv: Conv2d(3, kernel = 3, dilation = (2, 3)) }
    all_pairs: [3, 9, 8] -> [2, 5, 9] { conv: Conv2d(2, kernel = (3, 2), stride = (2, 1), padding = (1, 2), dilation = (1, 3)) }
    groups: [6, 5, 4] -> [4, 5, 4] { conv: Conv2d(4, kernel = 3, padding = 1, groups = 2) }
    groups_all_options: [4, 9, 8] -> [6, 10, 3] {
        conv: Conv2d(6, kernel = (2, 3), stride = (1, 2), padding = (2, 1), dilation = (3, 2), groups = 2),
    }
    depthwise: [5, 6, 7] -> [5, 6, 7] { conv: Conv2d(5, kernel = 3, padding = 1, groups = 5) }
    depthwise_strided: [5, 8, 7] -> [5, 4, 4] { conv: Conv2d(5, kernel = 3, stride = 2, padding = 1, groups = 5, bias = false) }
    depthwise_multiplied: [3, 6, 5] -> [6, 4, 3] { conv: Conv2d(6, kernel = 3, groups = 3) }
    no_bias: [2, 7, 6] -> [3, 5, 4] { conv: Conv2d(3, kernel = 3, bias = false) }
    square: [6, 6, 6] -> [6, 6, 6] { conv: Conv2d(6, kernel = 3, padding = 1) }
    square_strided: [8, 8, 8] -> [8, 4, 4] { conv: Conv2d(8, kernel = 2, stride = 2) }
    pointwise: [5, 4, 3] -> [7, 4, 3] { conv: Conv2d(7, kernel = 1) }
    pointwise_strided: [5, 5, 6] -> [3, 3, 3] { conv: Conv2d(3, kernel = 1, stride = 2) }
    pointwise_padded: [3, 4, 3] -> [2, 6, 5] { conv: Conv2d(2, kernel = 1, padding = 1) }
    batch_of_one: [3, 7, 5] -> [4, 5, 3] { conv: Conv2d(4, kernel = 3) }
    kernel_of_input_size: [3, 5, 4] -> [4, 1, 1] { conv: Conv2d(4, kernel = (5, 4)) }
    one_pixel: [3, 1, 1] -> [4, 1, 1] { conv: Conv2d(4, kernel = 3, padding = 1) }
    one_row: [2, 1, 9] -> [3, 1, 9] { conv: Conv2d(3, kernel = (1, 3), padding = (0, 1)) }
    one_column: [2, 9, 1] -> [3, 4, 1] { conv: Conv2d(3, kernel = (3, 1), stride = (2, 1)) }
    kernel_even: [2, 6, 7] -> [3, 7, 8] { conv: Conv2d(3, kernel = 4, padding = 2) }
    kernel_five: [1, 12, 12] -> [6, 12, 12] { conv: Conv2d(6, kernel = 5, padding = 2) }
    many_channels: [17, 6, 5] -> [19, 6, 5] { conv: Conv2d(19, kernel = 3, padding = 1) }
    one_channel_out: [9, 5, 7] -> [1, 3, 5] { conv: Conv2d(1, kernel = 3) }
    wide_rows: [2, 3, 37] -> [4, 3, 37] { conv: Conv2d(4, kernel = 3, padding = 1) }
}

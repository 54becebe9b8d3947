//! Pooling against PyTorch.

layercake_tests::parity! { max_pool2d:
    kernel_number: [2, 6, 8] -> [2, 3, 4] { MaxPool2d(2) }
    kernel_pair: [2, 6, 8] -> [2, 2, 4] { MaxPool2d((3, 2)) }
    remainder: [2, 7, 5] -> [2, 3, 2] { MaxPool2d(2) }
    stride_below_kernel: [2, 7, 9] -> [2, 3, 4] { MaxPool2d(3, stride = 2) }
    stride_beyond_kernel: [2, 8, 9] -> [2, 3, 3] { MaxPool2d(2, stride = 3) }
    stride_one: [2, 5, 4] -> [2, 5, 4] { MaxPool2d(3, stride = 1, padding = 1) }
    stride_pair: [2, 7, 9] -> [2, 6, 3] { MaxPool2d(2, stride = (1, 3)) }
    padding_number: [2, 5, 6] -> [2, 3, 3] { MaxPool2d(3, stride = 2, padding = 1) }
    padding_pair: [2, 5, 6] -> [2, 2, 2] { MaxPool2d((2, 4), padding = (0, 2)) }
    padding_below_zero: [2, 5, 6] -> [2, 3, 3] { MaxPool2d(3, stride = 2, padding = 1) }
    dilation_number: [2, 8, 7] -> [2, 5, 4] { MaxPool2d(2, stride = 1, dilation = 3) }
    dilation_pair: [2, 9, 8] -> [2, 5, 3] { MaxPool2d(3, stride = 2, padding = 1, dilation = (1, 2)) }
    ceil_mode: [2, 7, 6] -> [2, 3, 3] { MaxPool2d(3, stride = 2, ceil_mode = true) }
    ceil_mode_padded: [2, 6, 7] -> [2, 4, 4] { MaxPool2d(3, stride = 2, padding = 1, ceil_mode = true) }
    ceil_mode_window_dropped: [2, 5, 4] -> [2, 2, 2] { MaxPool2d(2, stride = 3, padding = 1, ceil_mode = true) }
    all_options: [3, 9, 8] -> [3, 4, 5] { MaxPool2d((3, 2), stride = (2, 1), padding = (1, 0), dilation = (2, 3), ceil_mode = true) }
    ties: [2, 6, 8] -> [2, 3, 4] { MaxPool2d(2) }
    ties_overlapping: [2, 7, 7] -> [2, 7, 7] { MaxPool2d(3, stride = 1, padding = 1) }
    square: [5, 5, 5] -> [5, 4, 4] { MaxPool2d(2, stride = 1) }
    whole_image: [3, 4, 5] -> [3, 1, 1] { MaxPool2d((4, 5)) }
    pointwise: [3, 4, 5] -> [3, 2, 3] { MaxPool2d(1, stride = 2) }
}

layercake_tests::parity! { avg_pool2d:
    kernel_number: [2, 6, 8] -> [2, 3, 4] { AvgPool2d(2) }
    kernel_pair: [2, 6, 8] -> [2, 2, 4] { AvgPool2d((3, 2)) }
    remainder: [2, 7, 5] -> [2, 3, 2] { AvgPool2d(2) }
    stride_below_kernel: [2, 7, 9] -> [2, 3, 4] { AvgPool2d(3, stride = 2) }
    stride_beyond_kernel: [2, 8, 9] -> [2, 3, 3] { AvgPool2d(2, stride = 3) }
    stride_pair: [2, 7, 9] -> [2, 6, 3] { AvgPool2d(2, stride = (1, 3)) }
    padding_number: [2, 5, 6] -> [2, 3, 3] { AvgPool2d(3, stride = 2, padding = 1) }
    padding_pair: [2, 5, 6] -> [2, 2, 2] { AvgPool2d((2, 4), padding = (0, 2)) }
    exclude_pad: [2, 5, 6] -> [2, 3, 3] { AvgPool2d(3, stride = 2, padding = 1, count_include_pad = false) }
    exclude_pad_pair: [2, 5, 6] -> [2, 6, 7] { AvgPool2d((2, 4), stride = 1, padding = (1, 2), count_include_pad = false) }
    ceil_mode: [2, 7, 6] -> [2, 3, 3] { AvgPool2d(3, stride = 2, ceil_mode = true) }
    ceil_mode_padded: [2, 6, 7] -> [2, 4, 4] { AvgPool2d(3, stride = 2, padding = 1, ceil_mode = true) }
    ceil_mode_exclude_pad: [2, 6, 7] -> [2, 4, 4] { AvgPool2d(3, stride = 2, padding = 1, ceil_mode = true, count_include_pad = false) }
    ceil_mode_window_dropped: [2, 5, 4] -> [2, 2, 2] { AvgPool2d(2, stride = 3, padding = 1, ceil_mode = true) }
    square: [5, 5, 5] -> [5, 4, 4] { AvgPool2d(2, stride = 1) }
    whole_image: [3, 4, 5] -> [3, 1, 1] { AvgPool2d((4, 5)) }
    pointwise: [3, 4, 5] -> [3, 2, 3] { AvgPool2d(1, stride = 2) }
}

layercake_tests::parity! { max_pool1d:
    kernel: [2, 7] -> [2, 3] { MaxPool1d(2) }
    stride: [2, 9] -> [2, 4] { MaxPool1d(3, stride = 2) }
    padding: [2, 5] -> [2, 3] { MaxPool1d(3, stride = 2, padding = 1) }
    dilation: [2, 9] -> [2, 5] { MaxPool1d(3, stride = 1, dilation = 2) }
    ceil_mode: [2, 6] -> [2, 3] { MaxPool1d(3, stride = 2, ceil_mode = true) }
    ties: [3, 8] -> [3, 7] { MaxPool1d(2, stride = 1) }
}

layercake_tests::parity! { avg_pool1d:
    kernel: [2, 7] -> [2, 3] { AvgPool1d(2) }
    stride: [2, 9] -> [2, 4] { AvgPool1d(3, stride = 2) }
    padding: [2, 5] -> [2, 3] { AvgPool1d(3, stride = 2, padding = 1) }
    exclude_pad: [2, 5] -> [2, 3] { AvgPool1d(3, stride = 2, padding = 1, count_include_pad = false) }
    ceil_mode: [2, 6] -> [2, 3] { AvgPool1d(3, stride = 2, ceil_mode = true) }
    square: [4, 4] -> [4, 3] { AvgPool1d(2, stride = 1) }
}

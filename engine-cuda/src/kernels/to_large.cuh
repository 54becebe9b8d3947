// Rows are channels of the large map, columns its places in the whole batch, and the depth are the channels of the small map times the taps.
#define A(row, k) weight[((z * a + (k) / TAPS) * b + (row)) * TAPS + (k) % TAPS]
#define B(k, col) at_small((k), (col), z, g, y, groups, a, small_h, small_w, large_h, large_w, kernel_h, kernel_w, stride_h, stride_w, pad_h, \
                           pad_w, dilation_h, dilation_w)
#define STORE(row, col, sum)                                                                          \
    do {                                                                                              \
        const int channel = z * b + (row);                                                            \
        const int at = (((col) / LARGE_LEN) * groups * b + channel) * LARGE_LEN + (col) % LARGE_LEN;  \
        OUT(at, channel, sum);                                                                        \
    } while (0)

__device__ static float at_small(int k, int col, int z, const float *g, const float *y, int groups, int a, int small_h, int small_w, int large_h,
                                 int large_w, int kernel_h, int kernel_w, int stride_h, int stride_w, int pad_h, int pad_w, int dilation_h,
                                 int dilation_w) {
    const int image = col / LARGE_LEN, place = col % LARGE_LEN, channel = k / TAPS, tap = k % TAPS;
    const int row = place / large_w + pad_h - tap / kernel_w * dilation_h, column = place % large_w + pad_w - tap % kernel_w * dilation_w;
    // The window whose tap is here, if one is.
    if (row < 0 || column < 0 || row % stride_h != 0 || column % stride_w != 0 || row / stride_h >= small_h || column / stride_w >= small_w) {
        return 0.0f;
    }
    const int i = ((image * groups + z) * a + channel) * SMALL_LEN + row / stride_h * small_w + column / stride_w;
    return IN(i);
}

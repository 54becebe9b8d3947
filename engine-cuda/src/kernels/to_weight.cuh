// Rows are channels of the small map, columns those of the large map times the taps, and the depth are the places of the small map in the whole
// batch. A column behind the last is that of the bias.
#define A(row, k) at_small((row), (k), z, map, g, y, groups, a, small_h, small_w)
#define B(k, col) at_large((k), (col), z, map, g, y, groups, b, small_h, small_w, large_h, large_w, kernel_h, kernel_w, stride_h, stride_w, pad_h, \
                           pad_w, dilation_h, dilation_w)

__device__ static float at_small(int row, int k, int z, const float *map, const float *g, const float *y, int groups, int a, int small_h,
                                 int small_w) {
    const int i = ((k / SMALL_LEN * groups + z) * a + row) * SMALL_LEN + k % SMALL_LEN;
    return SMALL(i);
}

__device__ static float at_large(int k, int col, int z, const float *map, const float *g, const float *y, int groups, int b, int small_h,
                                 int small_w, int large_h, int large_w, int kernel_h, int kernel_w, int stride_h, int stride_w, int pad_h, int pad_w,
                                 int dilation_h, int dilation_w) {
    const int image = k / SMALL_LEN, place = k % SMALL_LEN, channel = col / TAPS, tap = col % TAPS;
    if (channel >= b) {
        return 1.0f;
    }
    const int row = place / small_w * stride_h - pad_h + tap / kernel_w * dilation_h;
    const int column = place % small_w * stride_w - pad_w + tap % kernel_w * dilation_w;
    if (row < 0 || row >= large_h || column < 0 || column >= large_w) {
        return 0.0f;
    }
    const int i = ((image * groups + z) * b + channel) * LARGE_LEN + row * large_w + column;
    return LARGE(i);
}

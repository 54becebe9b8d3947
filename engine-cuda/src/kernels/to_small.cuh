// Rows are channels of the small map, columns its places in the whole batch, and the depth are the channels of the large map times the taps.
#define A(row, k) weight[(z * a + (row)) * depth + (k)]
#define B(k, col) at_large((k), (col), z, g, y, groups, b, small_h, small_w, large_h, large_w, kernel_h, kernel_w, stride_h, stride_w, pad_h, \
                           pad_w, dilation_h, dilation_w)
#define STORE(row, col, sum)                                                                          \
    do {                                                                                              \
        const int channel = z * a + (row);                                                            \
        const int at = (((col) / SMALL_LEN) * groups * a + channel) * SMALL_LEN + (col) % SMALL_LEN;  \
        OUT(at, channel, sum);                                                                        \
    } while (0)

__device__ static float at_large(int k, int col, int z, const float *g, const float *y, int groups, int b, int small_h, int small_w, int large_h,
                                 int large_w, int kernel_h, int kernel_w, int stride_h, int stride_w, int pad_h, int pad_w, int dilation_h,
                                 int dilation_w) {
    const int image = col / SMALL_LEN, place = col % SMALL_LEN, channel = k / TAPS, tap = k % TAPS;
    const int row = place / small_w * stride_h - pad_h + tap / kernel_w * dilation_h;
    const int column = place % small_w * stride_w - pad_w + tap % kernel_w * dilation_w;
    if (row < 0 || row >= large_h || column < 0 || column >= large_w) {
        return 0.0f;
    }
    const int i = ((image * groups + z) * b + channel) * LARGE_LEN + row * large_w + column;
    return IN(i);
}

// The elements of a window along an axis: of those that are inside, or with PADDED of those that are not beyond the padding.
__device__ static int counted(int place, int kernel, int stride, int pad, int size, int padded) {
    int begin = place * stride - pad, end = begin + kernel < size + pad ? begin + kernel : size + pad;
    if (!padded) {
        begin = begin > 0 ? begin : 0;
        end = end < size ? end : size;
    }
    return end - begin;
}
#define COUNT(row, column)                                                                                                       \
    (float)(counted(row, kernel_h, stride_h, pad_h, in_h, PADDED) * counted(column, kernel_w, stride_w, pad_w, in_w, PADDED))

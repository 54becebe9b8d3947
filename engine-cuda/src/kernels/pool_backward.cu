// One thread for each element of the input: it adds up what the windows that contain it give, in the order of their taps.
extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int here = i % (in_w * in_h), column = here % in_w, row = here / in_w, map = i / (in_w * in_h) * (out_h * out_w);
    float sum = 0.0f;
    for (int a = 0; a < kernel_h; a++) {
        const int r = row + pad_h - a * dilation_h;
        if (r < 0 || r % stride_h != 0 || r / stride_h >= out_h) {
            continue;
        }
        for (int b = 0; b < kernel_w; b++) {
            const int c = column + pad_w - b * dilation_w;
            if (c < 0 || c % stride_w != 0 || c / stride_w >= out_w) {
                continue;
            }
            const int from = map + r / stride_h * out_w + c / stride_w;
            sum += PART(from);
        }
    }
    GIVE(dx[i], sum, add);
}

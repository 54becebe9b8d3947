extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int column = i % out_w, row = i / out_w % out_h, map = i / (out_w * out_h) * (in_h * in_w);
    float most = 0.0f;
    int place = -1;
    for (int a = 0; a < kernel_h; a++) {
        const int r = row * stride_h - pad_h + a * dilation_h;
        if (r < 0 || r >= in_h) {
            continue;
        }
        for (int b = 0; b < kernel_w; b++) {
            const int c = column * stride_w - pad_w + b * dilation_w;
            if (c < 0 || c >= in_w) {
                continue;
            }
            const float value = x[map + r * in_w + c];
            // What is not a number stays.
            if (place < 0 || value > most || value != value) {
                most = value;
                place = r * in_w + c;
            }
        }
    }
    out[i] = ACT(most);
    if (chosen) {
        chosen[i] = place;
    }
}

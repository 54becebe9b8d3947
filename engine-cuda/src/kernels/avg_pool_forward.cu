extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int column = i % out_w, row = i / out_w % out_h, map = i / (out_w * out_h) * (in_h * in_w);
    float sum = 0.0f;
    for (int a = 0; a < kernel_h; a++) {
        const int r = row * stride_h - pad_h + a;
        if (r < 0 || r >= in_h) {
            continue;
        }
        for (int b = 0; b < kernel_w; b++) {
            const int c = column * stride_w - pad_w + b;
            if (c >= 0 && c < in_w) {
                sum += x[map + r * in_w + c];
            }
        }
    }
    out[i] = ACT(sum / COUNT(row, column));
}

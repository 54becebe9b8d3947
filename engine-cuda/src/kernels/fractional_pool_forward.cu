extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int column = i % out_w, row = i / out_w % out_h, plane = i / (out_w * out_h), map = plane * (in_h * in_w);
    const int top = start_of(row, UNIT(plane, 0), in_h - kernel_h, out_h), left = start_of(column, UNIT(plane, 1), in_w - kernel_w, out_w);
    float most = 0.0f;
    int place = -1;
    for (int a = 0; a < kernel_h; a++) {
        for (int b = 0; b < kernel_w; b++) {
            const int from = (top + a) * in_w + left + b;
            const float value = x[map + from];
            // What is not a number stays.
            if (place < 0 || value > most || value != value) {
                most = value;
                place = from;
            }
        }
    }
    out[i] = ACT(most);
    if (chosen) {
        chosen[i] = place;
    }
}

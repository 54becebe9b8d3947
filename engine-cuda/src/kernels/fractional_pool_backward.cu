// One thread for each element of the input: it adds up what the windows that contain it give, in their order.
extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int here = i % (in_w * in_h), column = here % in_w, line = here / in_w, plane = i / (in_w * in_h), map = plane * (out_h * out_w);
    const double down = UNIT(plane, 0), across = UNIT(plane, 1);
    float sum = 0.0f;
    for (int r = 0; r < out_h; r++) {
        const int top = start_of(r, down, in_h - kernel_h, out_h);
        if (line < top || line >= top + kernel_h) {
            continue;
        }
        for (int c = 0; c < out_w; c++) {
            const int left = start_of(c, across, in_w - kernel_w, out_w);
            if (column >= left && column < left + kernel_w) {
                const int from = map + r * out_w + c;
                sum += chosen[from] == here ? DY(from) : 0.0f;
            }
        }
    }
    GIVE(dx[i], sum, add);
}

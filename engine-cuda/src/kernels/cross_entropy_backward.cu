extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    dx[i] += g[0] * scale * slopes[i];
}

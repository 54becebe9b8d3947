extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const float slope = slopes[i / len % channels];
    out[i] = ACT(x[i] > 0.0f ? x[i] : x[i] * slope);
}

extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const float given = DY(i), slope = slopes[i / len % channels];
    GIVE(dx[i], x[i] > 0.0f ? given : given * slope, add);
}

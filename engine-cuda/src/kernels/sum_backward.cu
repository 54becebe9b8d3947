extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int from = i / (size * step) * step + i % step;
    GIVE(dx[i], DY(from) SHARE, add);
}

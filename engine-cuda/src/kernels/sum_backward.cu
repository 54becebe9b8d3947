extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int from = RESULT(i);
    GIVE(dx[i], DY(from) SHARE, add);
}

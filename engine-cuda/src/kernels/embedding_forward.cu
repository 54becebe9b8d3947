extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    out[i] = ACT(table[ids[i / features] * features + i % features]);
}

extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int at = i / half * 2 * half + i % half;
    out[i] = ACT(x[at] / (1.0f + expf(-x[at + half])));
}

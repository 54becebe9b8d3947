extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    out[i] = ACT(mean[i] + expf(0.5f * logvar[i]) * normal(seed, node, i));
}

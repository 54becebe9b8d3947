extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const float given = DY(i);
    if (dmean) {
        GIVE(dmean[i], given, add_mean);
    }
    if (dlogvar) {
        GIVE(dlogvar[i], given * 0.5f * expf(0.5f * logvar[i]) * normal(seed, node, i), add_logvar);
    }
}

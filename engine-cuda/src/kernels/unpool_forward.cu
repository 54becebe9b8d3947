extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int here = i % (in_w * in_h);
    LAST_OF(found, i / (in_w * in_h), here)
    out[i] = ACT(found < 0 ? 0.0f : values[found]);
}

extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int at = i / half * 2 * half + i % half;
    const float given = DY(i), gate = 1.0f / (1.0f + expf(-x[at + half]));
    GIVE(dx[at], given * gate, add);
    GIVE(dx[at + half], given * x[at] * gate * (1.0f - gate), add);
}

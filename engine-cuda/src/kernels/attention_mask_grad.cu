// The same mask is added to the scores of each head.
extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    float sum = 0.0f;
    for (int head = 0; head < heads; head++) {
        sum += scores[(i / len * heads + head) * len + i % len];
    }
    GIVE(dmask[i], sum, add);
}

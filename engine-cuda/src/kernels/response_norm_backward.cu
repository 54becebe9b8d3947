// dx = dy s^-beta - 2 beta alpha x sum(dy x s^(-beta - 1)), with the sum over the channels whose sums have this one; s are the bases.
extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int channel = i / len % channels;
    float sum = 0.0f;
    for (int other = channel - (size - 1) / 2; other <= channel + size / 2; other++) {
        if (other >= 0 && other < channels) {
            const int at = i + (other - channel) * len;
            sum += DY(at) * x[at] * powf(bases[at], -beta - 1.0f);
        }
    }
    GIVE(dx[i], DY(i) * powf(bases[i], -beta) - 2.0f * beta * alpha * x[i] * sum, add);
}

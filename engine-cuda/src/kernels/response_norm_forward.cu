// y = x (k + alpha sum of squares)^-beta, with the sum over the channels from size / 2 before to (size - 1) / 2 behind.
extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int channel = i / len % channels;
    float sum = 0.0f;
    for (int other = channel - size / 2; other <= channel + (size - 1) / 2; other++) {
        if (other >= 0 && other < channels) {
            const float value = x[i + (other - channel) * len];
            sum += value * value;
        }
    }
    const float base = k + alpha * sum;
    if (bases) {
        bases[i] = base;
    }
    out[i] = ACT(x[i] * powf(base, -beta));
}

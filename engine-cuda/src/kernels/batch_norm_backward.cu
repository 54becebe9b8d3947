// With h = (x - mean) s, s the inverse deviation, w the weight and n elements per channel: dx = w s (dy - mean(dy) - h mean(dy h)); with running
// statistics, which do not depend on x, dx = w s dy.
extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int channel = i / len % channels;
    const float deviation = DEVIATION(channel);
    float given = DY(i);
    if (!RUNNING) {
        const float count = batch * len;
        given -= (sums[channel] + (x[i] - mean[channel]) * deviation * sums[channels + channel]) / count;
    }
    GIVE(dx[i], given * deviation * (weight ? weight[channel] : 1.0f), add);
}

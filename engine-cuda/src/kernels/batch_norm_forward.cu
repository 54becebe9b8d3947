extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int channel = i / len % channels;
    const float normal = (x[i] - mean[channel]) * DEVIATION(channel);
    out[i] = ACT(weight ? normal * weight[channel] + bias[channel] : normal);
}

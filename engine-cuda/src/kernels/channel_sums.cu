// The gradient of a bias of each channel: one block for each.
extern "C" __global__ void KERNEL(SIGNATURE) {
    const int channel = blockIdx.x;
    float sum = 0.0f;
    for (int j = threadIdx.x; j < batch * len; j += blockDim.x) {
        const int i = (j / len * channels + channel) * len + j % len;
        sum += DY(i);
    }
    sum = sum_of_block(sum);
    if (threadIdx.x == 0) {
        bias[channel] += sum;
    }
}

// One block for each channel: the mean, then the squares of what differs from it. The running variance follows the unbiased estimate.
extern "C" __global__ void KERNEL(SIGNATURE) {
    const int channel = blockIdx.x, count = batch * len;
#define ELEMENT(j) x[((j) / len * channels + channel) * len + (j) % len]
    float sum = 0.0f;
    for (int j = threadIdx.x; j < count; j += blockDim.x) {
        sum += ELEMENT(j);
    }
    const float middle = sum_of_block(sum) / count;
    float squares = 0.0f;
    for (int j = threadIdx.x; j < count; j += blockDim.x) {
        const float apart = ELEMENT(j) - middle;
        squares += apart * apart;
    }
    squares = sum_of_block(squares);
    if (threadIdx.x == 0) {
        mean[channel] = middle;
        deviation[channel] = 1.0f / sqrtf(squares / count + eps);
        new_mean[channel] = (1.0f - momentum) * old_mean[channel] + momentum * middle;
        new_var[channel] = (1.0f - momentum) * old_var[channel] + momentum * (squares / (count - 1));
    }
}

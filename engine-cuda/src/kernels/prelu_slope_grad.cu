// One block for each slope: the sum of x dy where x is not positive.
extern "C" __global__ void KERNEL(SIGNATURE) {
    const int channel = blockIdx.x;
    float sum = 0.0f;
    for (int j = threadIdx.x; j < batch * len; j += blockDim.x) {
        const int i = (j / len * channels + channel) * len + j % len;
        sum += x[i] > 0.0f ? 0.0f : x[i] * DY(i);
    }
    sum = sum_of_block(sum);
    if (threadIdx.x == 0) {
        slopes[channel] += sum;
    }
}

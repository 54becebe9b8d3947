// One block for each channel: the sums of the gradient, and of the gradient times the normalized elements.
extern "C" __global__ void KERNEL(SIGNATURE) {
    const int channel = blockIdx.x;
    const float deviation = DEVIATION(channel), middle = mean[channel];
    float sum = 0.0f, product = 0.0f;
    for (int j = threadIdx.x; j < batch * len; j += blockDim.x) {
        const int i = (j / len * channels + channel) * len + j % len;
        const float given = DY(i);
        sum += given;
        product += given * (x[i] - middle) * deviation;
    }
    sum = sum_of_block(sum);
    product = sum_of_block(product);
    if (threadIdx.x == 0) {
        sums[channel] = sum;
        sums[channels + channel] = product;
        if (weight_grad) {
            weight_grad[channel] += product;
            bias_grad[channel] += sum;
        }
    }
}

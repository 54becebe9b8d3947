// One block for each weight: the sums over its elements in all rows.
extern "C" __global__ void KERNEL(SIGNATURE) {
    const int group = blockIdx.x / channels, channel = blockIdx.x % channels;
    float sum = 0.0f, product = 0.0f;
    for (int k = threadIdx.x; k < rows / groups * span; k += blockDim.x) {
        const int row = k / span * groups + group, i = row * len + channel * span + k % span;
        const float given = DY(i);
        sum += given;
        product += given * (x[i] - mean[row]) * deviation[row];
    }
    sum = sum_of_block(sum);
    product = sum_of_block(product);
    if (threadIdx.x == 0) {
        weight[blockIdx.x] += product;
        if (bias) {
            bias[blockIdx.x] += sum;
        }
    }
}

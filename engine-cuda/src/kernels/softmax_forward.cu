// One block for each vector, from which its largest element is subtracted first.
extern "C" __global__ void KERNEL(SIGNATURE) {
    const int begin = blockIdx.x / step * size * step + blockIdx.x % step;
    float most = SIGN x[begin];
    for (int j = threadIdx.x; j < size; j += blockDim.x) {
        const float value = SIGN x[begin + j * step];
        most = value > most || value != value ? value : most;
    }
    most = most_of_block(most);
    float sum = 0.0f;
    for (int j = threadIdx.x; j < size; j += blockDim.x) {
        sum += expf(SIGN x[begin + j * step] - most);
    }
    sum = sum_of_block(sum);
    const float logarithm = logf(sum);
    for (int j = threadIdx.x; j < size; j += blockDim.x) {
        const float value = SIGN x[begin + j * step] - most;
        out[begin + j * step] = LOG ? value - logarithm : expf(value) / sum;
    }
}

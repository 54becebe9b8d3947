// One block for each vector: dx = y (dy - sum(y dy)); of the logarithm, dx = dy - exp(y) sum(dy).
extern "C" __global__ void KERNEL(SIGNATURE) {
    const int begin = blockIdx.x / step * size * step + blockIdx.x % step;
    float sum = 0.0f;
    for (int j = threadIdx.x; j < size; j += blockDim.x) {
        const int i = begin + j * step;
        sum += LOG ? g[i] : y[i] * g[i];
    }
    sum = sum_of_block(sum);
    for (int j = threadIdx.x; j < size; j += blockDim.x) {
        const int i = begin + j * step;
        GIVE(dx[i], LOG ? g[i] - expf(y[i]) * sum : SIGN y[i] * (g[i] - sum), add);
    }
}

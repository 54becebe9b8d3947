// One block for each result.
extern "C" __global__ void KERNEL(SIGNATURE) {
    const int begin = BASE(blockIdx.x);
    float sum = 0.0f;
    for (int j = threadIdx.x; j < size; j += blockDim.x) {
        sum += x[begin + OFFSET(j)];
    }
    sum = sum_of_block(sum);
    if (threadIdx.x == 0) {
        out[blockIdx.x] = ACT(sum SHARE);
    }
}

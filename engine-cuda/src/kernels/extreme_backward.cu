// One block for each result: equal elements share its gradient, as in PyTorch, and so do those that are not numbers.
#define IS_MOST(i) (x[i] == most || x[i] != x[i])
extern "C" __global__ void KERNEL(SIGNATURE) {
    const int begin = BASE(blockIdx.x);
    const float most = y[blockIdx.x];
    float count = 0.0f;
    for (int j = threadIdx.x; j < size; j += blockDim.x) {
        count += IS_MOST(begin + OFFSET(j)) ? 1.0f : 0.0f;
    }
    count = sum_of_block(count);
    for (int j = threadIdx.x; j < size; j += blockDim.x) {
        const int i = begin + OFFSET(j);
        GIVE(dx[i], IS_MOST(i) ? g[blockIdx.x] / count : 0.0f, add);
    }
}

// One block for each result.
extern "C" __global__ void KERNEL(SIGNATURE) {
    const int begin = BASE(blockIdx.x);
    float most = SIGN x[begin];
    for (int j = threadIdx.x; j < size; j += blockDim.x) {
        const float value = SIGN x[begin + OFFSET(j)];
        most = value > most || value != value ? value : most;
    }
    most = most_of_block(most);
    if (threadIdx.x == 0) {
        out[blockIdx.x] = ACT(SIGN most);
    }
}

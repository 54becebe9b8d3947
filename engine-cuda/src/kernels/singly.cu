// A product with few rows, as of a depthwise convolution: one thread for each element.
extern "C" __global__ void KERNEL(SIGNATURE) {
    const int z = blockIdx.z;
    FOR_EACH(i, rows * cols)
    const int row = i / cols, col = i % cols;
    float sum = 0.0f;
    for (int k = 0; k < depth; k++) {
        sum += A(row, k) * B(k, col);
    }
    STORE(row, col, sum);
}

extern "C" __global__ void KERNEL(SIGNATURE) {
    const int row = blockIdx.x, begin = row * len;
    float middle = 0.0f;
    if (CENTERED) {
        float sum = 0.0f;
        for (int j = threadIdx.x; j < len; j += blockDim.x) {
            sum += x[begin + j];
        }
        middle = sum_of_block(sum) / len;
    }
    float squares = 0.0f;
    for (int j = threadIdx.x; j < len; j += blockDim.x) {
        const float apart = x[begin + j] - middle;
        squares += apart * apart;
    }
    const float scale = 1.0f / sqrtf(sum_of_block(squares) / len + eps);
    for (int j = threadIdx.x; j < len; j += blockDim.x) {
        float value = (x[begin + j] - middle) * scale;
        if (weight) {
            value *= weight[WEIGHT(row, j)];
        }
        if (bias) {
            value += bias[WEIGHT(row, j)];
        }
        out[begin + j] = ACT(value);
    }
    if (mean && threadIdx.x == 0) {
        mean[row] = middle;
        deviation[row] = scale;
    }
}

// With h the normalized row, s its inverse deviation and t = dy w: dx = s (t - mean(t) - h mean(t h)); without a mean, dx = s (t - h mean(t h)).
extern "C" __global__ void KERNEL(SIGNATURE) {
    const int row = blockIdx.x, begin = row * len;
    const float middle = mean[row], scale = deviation[row];
    float sum = 0.0f, product = 0.0f;
    for (int j = threadIdx.x; j < len; j += blockDim.x) {
        const int i = begin + j;
        const float t = DY(i) * (weight ? weight[WEIGHT(row, j)] : 1.0f);
        sum += t;
        product += t * (x[i] - middle) * scale;
    }
    sum = CENTERED ? sum_of_block(sum) / len : 0.0f;
    product = sum_of_block(product) / len;
    for (int j = threadIdx.x; j < len; j += blockDim.x) {
        const int i = begin + j;
        const float t = DY(i) * (weight ? weight[WEIGHT(row, j)] : 1.0f);
        GIVE(dx[i], scale * (t - sum - (x[i] - middle) * scale * product), add);
    }
}

// The gradient of a tile of queries, which goes through the keys, and for each query the sum of its weights times their gradients: that of its result times the result's
// gradient, since the result is the sum of the values by their weights.
extern "C" __global__ void KERNEL(SIGNATURE) {
    __shared__ float of_query[TILE][PITCH], of_grad[TILE][PITCH], of_key[TILE][PITCH], of_value[TILE][PITCH], slopes[TILE][TILE + 1];
    HERE
    const int tiles = (length + TILE - 1) / TILE, z = blockIdx.x / tiles, first = blockIdx.x % tiles * TILE, row = first + r;
    const int end = CAUSAL && first + TILE < steps ? first + TILE : steps;
    LOAD(of_query, QUERY, queries, length, first)
    LOAD(of_grad, MIXED, dmixed, length, first)
    LOAD(of_key, MIXED, y, length, first)
    __syncthreads();
    const float product = dot(of_grad[r], of_key[r]);
    if (lane == 0 && row < length) {
        products[z * length + row] = product;
    }
    float sums[MINE];
    for (int i = 0; i < MINE; i++) {
        sums[i] = 0.0f;
    }
    for (int begin = 0; begin < end; begin += TILE) {
        __syncthreads();
        LOAD(of_key, KEY, keys, steps, begin)
        LOAD(of_value, VALUE, values, steps, begin)
        __syncthreads();
        for (int c = lane; c < TILE; c += LANES) {
            const int col = begin + c;
            float slope = 0.0f;
            if (SEES(row, col)) {
                const float weight = WEIGHT(SCORE(of_query[r], of_key[c], row, col), row);
                slope = SLOPE(weight, of_grad[r], of_value[c], row, col, product);
            }
            slopes[r][c] = slope;
        }
        __syncthreads();
        for (int i = 0; i < MINE; i++) {
            const int j = lane + i * LANES;
            for (int c = 0; j < SIZE && c < TILE; c++) {
                sums[i] += slopes[r][c] * of_key[c][j];
            }
        }
    }
    for (int i = 0; i < MINE; i++) {
        const int j = lane + i * LANES;
        if (row < length && j < SIZE) {
            QUERY(out, length, row, j) = sums[i] * SCALE;
        }
    }
}

// The gradients of a tile of keys and of their values, which goes through the queries.
extern "C" __global__ void KERNEL(SIGNATURE) {
    __shared__ float of_query[TILE][PITCH], of_grad[TILE][PITCH], of_key[TILE][PITCH], of_value[TILE][PITCH];
    __shared__ float weights[TILE][TILE + 1], slopes[TILE][TILE + 1];
    HERE
    const int tiles = (steps + TILE - 1) / TILE, z = blockIdx.x / tiles, first = blockIdx.x % tiles * TILE, col = first + r;
    float of_keys[MINE], of_values[MINE];
    for (int i = 0; i < MINE; i++) {
        of_keys[i] = of_values[i] = 0.0f;
    }
    LOAD(of_key, KEY, keys, steps, first)
    LOAD(of_value, VALUE, values, steps, first)
    for (int begin = CAUSAL ? first : 0; begin < length; begin += TILE) {
        __syncthreads();
        LOAD(of_query, QUERY, queries, length, begin)
        LOAD(of_grad, MIXED, dmixed, length, begin)
        __syncthreads();
        for (int c = lane; c < TILE; c += LANES) {
            const int row = begin + c;
            float weight = 0.0f, slope = 0.0f;
            if (SEES(row, col)) {
                weight = WEIGHT(SCORE(of_query[c], of_key[r], row, col), row);
                slope = SLOPE(weight, of_grad[c], of_value[r], row, col, products[z * length + row]);
                weight = DROPPED(weight, row, col);
            }
            weights[r][c] = weight;
            slopes[r][c] = slope;
        }
        __syncthreads();
        for (int i = 0; i < MINE; i++) {
            const int j = lane + i * LANES;
            for (int c = 0; j < SIZE && c < TILE; c++) {
                of_keys[i] += slopes[r][c] * of_query[c][j];
                of_values[i] += weights[r][c] * of_grad[c][j];
            }
        }
    }
    for (int i = 0; i < MINE; i++) {
        const int j = lane + i * LANES;
        if (col < steps && j < SIZE) {
            KEY(key_out, steps, col, j) = of_keys[i] * SCALE;
            VALUE(value_out, steps, col, j) = of_values[i];
        }
    }
}

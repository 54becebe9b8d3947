// A tile of queries of a head, which goes through the keys. What was added up is scaled whenever a larger score appears.
extern "C" __global__ void KERNEL(SIGNATURE) {
    __shared__ float of_query[TILE][PITCH], of_key[TILE][PITCH], weights[TILE][TILE + 1];
    HERE
    const int tiles = (length + TILE - 1) / TILE, z = blockIdx.x / tiles, first = blockIdx.x % tiles * TILE, row = first + r;
    const int end = CAUSAL && first + TILE < steps ? first + TILE : steps;
    // No score is below the first of them: with a row of negative infinities, the sum stays 0 and its weights are no numbers.
    float top = -3.402823466e38f, total = 0.0f, sums[MINE];
    for (int i = 0; i < MINE; i++) {
        sums[i] = 0.0f;
    }
    LOAD(of_query, QUERY, queries, length, first)
    for (int begin = 0; begin < end; begin += TILE) {
        LOAD(of_key, KEY, keys, steps, begin)
        __syncthreads();
        for (int c = lane; c < TILE; c += LANES) {
            const int col = begin + c;
            weights[r][c] = SEES(row, col) ? SCORE(of_query[r], of_key[c], row, col) : top;
        }
        __syncthreads();
        LOAD(of_key, VALUE, values, steps, begin)
        float next = top;
        for (int c = 0; c < TILE; c++) {
            const float score = weights[r][c];
            next = score > next || score != score ? score : next;
        }
        __syncthreads();
        for (int c = lane; c < TILE; c += LANES) {
            weights[r][c] = SEES(row, begin + c) ? expf(weights[r][c] - next) : 0.0f;
        }
        __syncthreads();
        const float keep = expf(top - next);
        float fresh = 0.0f;
        for (int c = 0; c < TILE; c++) {
            fresh += weights[r][c];
        }
        total = total * keep + fresh;
        top = next;
#if IS_DROPPED
        __syncthreads();
        for (int c = lane; c < TILE; c += LANES) {
            weights[r][c] = DROPPED(weights[r][c], row, begin + c);
        }
        __syncthreads();
#endif
        for (int i = 0; i < MINE; i++) {
            const int j = lane + i * LANES;
            float sum = 0.0f;
            for (int c = 0; j < SIZE && c < TILE; c++) {
                sum += weights[r][c] * of_key[c][j];
            }
            sums[i] = sums[i] * keep + sum;
        }
        __syncthreads();
    }
    if (row >= length) {
        return;
    }
    for (int i = 0; i < MINE; i++) {
        const int j = lane + i * LANES;
        if (j < SIZE) {
            MIXED(out, length, row, j) = sums[i] / total;
        }
    }
    if (tops && lane == 0) {
        tops[z * length + row] = top;
        totals[z * length + row] = total;
    }
}

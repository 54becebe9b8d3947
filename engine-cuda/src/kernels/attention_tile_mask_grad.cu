// The gradient of a tile of the mask of a sample, which is added to the scores of each head.
#define OWN ((TILE + LANES - 1) / LANES)
extern "C" __global__ void KERNEL(SIGNATURE) {
    __shared__ float of_query[TILE][PITCH], of_grad[TILE][PITCH], of_key[TILE][PITCH], of_value[TILE][PITCH];
    HERE
    const int down = (length + TILE - 1) / TILE, across = (steps + TILE - 1) / TILE;
    const int image = blockIdx.x / (down * across), first_row = blockIdx.x / across % down * TILE, first_col = blockIdx.x % across * TILE;
    const int row = first_row + r;
    float sums[OWN];
    for (int i = 0; i < OWN; i++) {
        sums[i] = 0.0f;
    }
    for (int z = image * heads; z < (image + 1) * heads; z++) {
        __syncthreads();
        LOAD(of_query, QUERY, queries, length, first_row)
        LOAD(of_grad, MIXED, dmixed, length, first_row)
        LOAD(of_key, KEY, keys, steps, first_col)
        LOAD(of_value, VALUE, values, steps, first_col)
        __syncthreads();
        for (int i = 0; i < OWN; i++) {
            const int c = lane + i * LANES, col = first_col + c;
            if (c < TILE && SEES(row, col)) {
                const float weight = WEIGHT(SCORE(of_query[r], of_key[c], row, col), row);
                sums[i] += SLOPE(weight, of_grad[r], of_value[c], row, col, products[z * length + row]);
            }
        }
    }
    for (int i = 0; i < OWN; i++) {
        const int c = lane + i * LANES, col = first_col + c;
        if (c < TILE && row < length && col < steps) {
            GIVE(dmask[(image * length + row) * steps + col], sums[i], add);
        }
    }
}

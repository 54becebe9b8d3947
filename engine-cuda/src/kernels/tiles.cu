// A product by tiles of EACH * 16 rows and columns: each of 256 threads computes EACH * EACH elements. Tiles are counted row by row along the first axis
// of the launch, which may be long. Block z is part z / splits, and that `split` of the depth.
#define STEP 16
#define TILE (EACH * 16)
extern "C" __global__ void KERNEL(SIGNATURE) {
    __shared__ float of_a[STEP][TILE + 1], of_b[STEP][TILE + 1];
    const int z = blockIdx.z / splits, split = blockIdx.z % splits;
    const int col_tiles = (cols + TILE - 1) / TILE, row = blockIdx.x / col_tiles * TILE, col = blockIdx.x % col_tiles * TILE;
    const int across = threadIdx.x % 16, down = threadIdx.x / 16;
    const int tile_begin = split * deep, tile_end = tile_begin + deep < depth ? tile_begin + deep : depth;
    float sums[EACH][EACH];
    for (int r = 0; r < EACH; r++) {
        for (int c = 0; c < EACH; c++) {
            sums[r][c] = 0.0f;
        }
    }
    for (int tile_k = tile_begin; tile_k < tile_end; tile_k += STEP) {
        // Neighboring threads read neighbors in memory.
        for (int j = threadIdx.x; j < TILE * STEP; j += 256) {
            const int ka = A_BY_DEPTH ? j % STEP : j / TILE, r = A_BY_DEPTH ? j / STEP : j % TILE;
            of_a[ka][r] = row + r < rows && tile_k + ka < tile_end ? A(row + r, tile_k + ka) : 0.0f;
            const int kb = B_BY_DEPTH ? j % STEP : j / TILE, c = B_BY_DEPTH ? j / STEP : j % TILE;
            of_b[kb][c] = col + c < cols && tile_k + kb < tile_end ? B(tile_k + kb, col + c) : 0.0f;
        }
        __syncthreads();
        for (int k = 0; k < STEP; k++) {
            float a[EACH], b[EACH];
            for (int r = 0; r < EACH; r++) {
                a[r] = of_a[k][down * EACH + r];
                b[r] = of_b[k][across + 16 * r];
            }
            for (int r = 0; r < EACH; r++) {
                for (int c = 0; c < EACH; c++) {
                    sums[r][c] += a[r] * b[c];
                }
            }
        }
        __syncthreads();
    }
    for (int r = 0; r < EACH; r++) {
        for (int c = 0; c < EACH; c++) {
            const int i = row + down * EACH + r, j = col + across + 16 * c;
            if (i < rows && j < cols) {
                STORE(i, j, sums[r][c]);
            }
        }
    }
}

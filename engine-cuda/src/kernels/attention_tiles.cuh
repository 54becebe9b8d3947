// Attention by tiles of TILE queries and as many keys, which are in shared memory with their scores: FlashAttention (Dao et al., 2022, arXiv 2205.14135). Each row of a
// tile has LANES of the 256 threads, and each of them every LANES-th element. All sums are in the order of their elements.
#define LANES (256 / TILE)
#define PITCH (SIZE + 1)
#define MINE ((SIZE + LANES - 1) / LANES)
#define HERE const int r = threadIdx.x / LANES, lane = threadIdx.x % LANES;
// What a head has of projections [batch, steps, 3, heads, SIZE], and of vectors [batch, steps, heads, SIZE].
#define PROJECTED(all, part, count, step, k) all[((z / heads * (count) + (step)) * 3 + (part)) * heads * SIZE + z % heads * SIZE + (k)]
#define QUERY(all, count, step, k) PROJECTED(all, 0, count, step, k)
#define KEY(all, count, step, k) PROJECTED(all, 1, count, step, k)
#define VALUE(all, count, step, k) PROJECTED(all, 2, count, step, k)
#define MIXED(all, count, step, k) all[((z / heads * (count) + (step)) * heads + z % heads) * SIZE + (k)]
#define LOAD(to, WHAT, all, count, begin)                                                              \
    for (int i = threadIdx.x; i < TILE * SIZE; i += 256) {                                             \
        const int step = (begin) + i / SIZE;                                                           \
        to[i / SIZE][i % SIZE] = step < (count) ? WHAT(all, count, step, i % SIZE) : 0.0f;             \
    }
// Whether a query looks at a key; those behind the ends of both are not there.
#define SEES(row, col) ((row) < length && (col) < steps && (!CAUSAL || (col) <= (row)))
#define MASK_AT(row, col) ((z / heads * length + (row)) * steps + (col))
#define SCORE(query, key, row, col) (dot(query, key) * SCALE MASK(row, col))
// Dropout, whose masks are those of the whole matrix of weights [batch, heads, length, steps].
#define DROPPED(value, row, col) DROPS(value, ((u64)(z * length + (row))) * steps + (col))
// A weight, from the largest score of its row and the sum of the row's exponentials; and the gradient of its score.
#define WEIGHT(score, row) (expf((score) - tops[z * length + (row)]) / totals[z * length + (row)])
#define SLOPE(weight, grad, value, row, col, product) ((weight) * (DROPPED(dot(grad, value), row, col) - (product)))

__device__ static float dot(const float *a, const float *b) {
    float sum = 0.0f;
    for (int k = 0; k < SIZE; k++) {
        sum += a[k] * b[k];
    }
    return sum;
}

// Many tensors in one launch: a row for each, with the addresses of as many tensors as the kernel takes, then its length and the number of its first block, in
// 32 bits each. A block has CHUNK elements of one row.
struct Rows {
    u64 words[ROW * MOST];
};

// The row of this block.
__device__ static int row_of(const Rows &rows, int count) {
    int low = 0, high = count - 1;
    while (low < high) {
        const int middle = (low + high + 1) / 2;
        if ((unsigned)(rows.words[middle * ROW + ROW - 1] >> 32) <= blockIdx.x) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

#define EACH_OF_MANY(i)                                                                              \
    const u64 *row = rows.words + row_of(rows, count) * ROW;                                         \
    const int begin = (blockIdx.x - (unsigned)(row[ROW - 1] >> 32)) * CHUNK, length = (int)(unsigned)row[ROW - 1]; \
    const int end = begin + CHUNK < length ? begin + CHUNK : length;                                  \
    for (int i = begin + threadIdx.x; i < end; i += blockDim.x)

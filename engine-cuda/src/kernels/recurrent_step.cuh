// Blocks of 16 samples by 16 elements of the state, a thread for each: what it needs of a product is added up by all of them, a tile after the other.
#define SIDE 16
#define ROWS (CELL == LSTM ? 4 : CELL == GRU ? 3 : 1)
#define HERE                                                                                                             \
    const int across = threadIdx.x % SIDE, down = threadIdx.x / SIDE, tiles = (hidden + SIDE - 1) / SIDE;                \
    const int j = blockIdx.x % tiles * SIDE + across, image = blockIdx.x / tiles * SIDE + down;                           \
    const int first_j = blockIdx.x % tiles * SIDE;                                                                        \
    const bool is_inside = j < hidden && image < batch;

// A step, from the input's part of the gates, and the state's part, which is the product of the state with its weight. The gates are kept.
#define SIGMOID(x) (1.0f / (1.0f + expf(-(x))))
extern "C" __global__ void KERNEL(SIGNATURE) {
    __shared__ float of_state[SIDE][SIDE + 1], of_weight[ROWS][SIDE][SIDE + 1];
    HERE
    float past[ROWS];
    for (int r = 0; r < ROWS; r++) {
        past[r] = 0.0f;
    }
    for (int tile = 0; state && tile < hidden; tile += SIDE) {
        // Neighboring threads read neighbors in memory.
        const int k = tile + across, unit = first_j + down;
        of_state[across][down] = image < batch && k < hidden ? state[image * state_step + state_begin + k] : 0.0f;
        for (int r = 0; r < ROWS; r++) {
            of_weight[r][across][down] = unit < hidden && k < hidden ? weight[(r * hidden + unit) * hidden + k] : 0.0f;
        }
        __syncthreads();
        for (int k = 0; k < SIDE; k++) {
            for (int r = 0; r < ROWS; r++) {
                past[r] += of_state[k][down] * of_weight[r][k][across];
            }
        }
        __syncthreads();
    }
    if (!is_inside) {
        return;
    }
    for (int r = 0; r < ROWS; r++) {
        past[r] += bias ? bias[r * hidden + j] : 0.0f;
    }
    float *own = gates + (image * length + step) * ROWS * hidden;
    float after;
    if (CELL == LSTM) {
        const float in = SIGMOID(own[j] + past[0]), keep = SIGMOID(own[hidden + j] + past[1 % ROWS]);
        const float fresh = tanhf(own[2 * hidden + j] + past[2 % ROWS]), out = SIGMOID(own[3 * hidden + j] + past[3 % ROWS]);
        const float before = cell ? cell[image * cell_step + cell_begin + j] : 0.0f, now = keep * before + in * fresh;
        own[j] = in;
        own[hidden + j] = keep;
        own[2 * hidden + j] = fresh;
        own[3 * hidden + j] = out;
        kept[(image * length + step) * hidden + j] = now;
        after = out * tanhf(now);
    } else if (CELL == GRU) {
        const float reset = SIGMOID(own[j] + past[0]), stay = SIGMOID(own[hidden + j] + past[1 % ROWS]);
        const float part = past[2 % ROWS], fresh = tanhf(own[2 * hidden + j] + reset * part);
        const float before = state ? state[image * state_step + state_begin + j] : 0.0f;
        own[j] = reset;
        own[hidden + j] = stay;
        own[2 * hidden + j] = fresh;
        kept[(image * length + step) * hidden + j] = part;
        after = fresh + stay * (before - fresh);
    } else {
        const float sum = own[j] + past[0];
        after = CELL == TANH ? tanhf(sum) : sum < 0.0f ? 0.0f : sum;
        own[j] = after;
    }
    steps[(image * length + step) * width + begin + j] = after;
}

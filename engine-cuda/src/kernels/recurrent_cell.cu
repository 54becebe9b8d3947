// One thread for each element of the state of each sample: a step, from the input's part of the gates and the state's. The gates are kept.
#define SIGMOID(x) (1.0f / (1.0f + expf(-(x))))
extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int image = i / hidden, j = i % hidden;
    const int rows = CELL == LSTM ? 4 : CELL == GRU ? 3 : 1;
    float *own = gates + (image * length + step) * rows * hidden;
    const float *other = past + image * rows * hidden;
    float after;
    if (CELL == LSTM) {
        const float in = SIGMOID(own[j] + other[j]), keep = SIGMOID(own[hidden + j] + other[hidden + j]);
        const float fresh = tanhf(own[2 * hidden + j] + other[2 * hidden + j]), out = SIGMOID(own[3 * hidden + j] + other[3 * hidden + j]);
        const float before = cell ? cell[image * cell_step + cell_begin + j] : 0.0f, now = keep * before + in * fresh;
        own[j] = in;
        own[hidden + j] = keep;
        own[2 * hidden + j] = fresh;
        own[3 * hidden + j] = out;
        kept[(image * length + step) * hidden + j] = now;
        after = out * tanhf(now);
    } else if (CELL == GRU) {
        const float reset = SIGMOID(own[j] + other[j]), stay = SIGMOID(own[hidden + j] + other[hidden + j]);
        const float part = other[2 * hidden + j], fresh = tanhf(own[2 * hidden + j] + reset * part);
        const float before = state ? state[image * state_step + state_begin + j] : 0.0f;
        own[j] = reset;
        own[hidden + j] = stay;
        own[2 * hidden + j] = fresh;
        kept[(image * length + step) * hidden + j] = part;
        after = fresh + stay * (before - fresh);
    } else {
        const float sum = own[j] + other[j];
        after = CELL == TANH ? tanhf(sum) : sum < 0.0f ? 0.0f : sum;
        own[j] = after;
    }
    steps[(image * length + step) * width + begin + j] = after;
}

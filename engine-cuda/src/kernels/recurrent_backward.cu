// The gradients of a step's gates, in their place, from that of its state: what the later step (`after`, below 0 if there is none) gives and carries, and what is read of the step itself.
extern "C" __global__ void KERNEL(SIGNATURE) {
    __shared__ float of_gates[SIDE][SIDE + 1], of_weight[SIDE][SIDE + 1];
    HERE
    // What the gates of the later step give to this state.
    float later = 0.0f;
    const int depth = ROWS * hidden;
    for (int tile = 0; after >= 0 && tile < depth; tile += SIDE) {
        const int k = tile + across, row = tile + down, unit = first_j + across;
        of_gates[across][down] = image < batch && k < depth ? of_state[(image * length + after) * depth + k] : 0.0f;
        of_weight[down][across] = unit < hidden && row < depth ? weight[row * hidden + unit] : 0.0f;
        __syncthreads();
        for (int k = 0; k < SIDE; k++) {
            later += of_gates[k][down] * of_weight[k][across];
        }
        __syncthreads();
    }
    if (!is_inside) {
        return;
    }
    const int i = image * hidden + j;
    float *own = gates + (image * length + step) * depth;
    // Of a GRU a part is carried on, and before the last step the gradient of the end.
    float given = after < 0 ? state_grad[i] : CELL == GRU ? state_grad[i] + later : later;
    if (of_steps) {
        given += of_steps[(image * length + step) * width + begin + j];
    }
    if (CELL == LSTM) {
        const float in = own[j], keep = own[hidden + j], fresh = own[2 * hidden + j], out = own[3 * hidden + j];
        const float bent = tanhf(kept[(image * length + step) * hidden + j]);
        const float before = cell ? cell[image * cell_step + cell_begin + j] : 0.0f;
        const float of_cell = cell_grad[i] + given * out * (1.0f - bent * bent);
        own[j] = of_cell * fresh * in * (1.0f - in);
        own[hidden + j] = of_cell * before * keep * (1.0f - keep);
        own[2 * hidden + j] = of_cell * in * (1.0f - fresh * fresh);
        own[3 * hidden + j] = given * bent * out * (1.0f - out);
        cell_grad[i] = of_cell * keep;
    } else if (CELL == GRU) {
        const float reset = own[j], stay = own[hidden + j], fresh = own[2 * hidden + j];
        const float part = kept[(image * length + step) * hidden + j];
        const float before = state ? state[image * state_step + state_begin + j] : 0.0f;
        const float of_fresh = given * (1.0f - stay) * (1.0f - fresh * fresh);
        const float of_reset = of_fresh * part * reset * (1.0f - reset), of_stay = given * (before - fresh) * stay * (1.0f - stay);
        float *other = of_state + (image * length + step) * depth;
        own[j] = other[j] = of_reset;
        own[hidden + j] = other[hidden + j] = of_stay;
        own[2 * hidden + j] = of_fresh;
        other[2 * hidden + j] = of_fresh * reset;
        state_grad[i] = given * stay;
    } else {
        const float value = own[j];
        own[j] = CELL == TANH ? given * (1.0f - value * value) : value <= 0.0f ? 0.0f : given;
    }
}

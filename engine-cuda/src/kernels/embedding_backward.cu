// One thread for each element of the table: it looks for its row among all ids, and adds up in their order.
extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int row = i / features, feature = i % features;
    float sum = 0.0f;
    for (int k = 0; k < count; k++) {
        if (ids[k] == row) {
            const int from = k * features + feature;
            sum += DY(from);
        }
    }
    if (row != padding) {
        table[i] += sum;
    }
}

// Adds what the blocks of a divided product found, in order, to the gradients of a weight and of its bias, whose column is the last.
extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    float sum = 0.0f;
    for (int split = 0; split < splits; split++) {
        sum += parts[split * n + i];
    }
    const int row = i / cols, col = i % cols;
    if (col < width) {
        weight[row * width + col] += sum;
    } else {
        bias[row] += sum;
    }
}

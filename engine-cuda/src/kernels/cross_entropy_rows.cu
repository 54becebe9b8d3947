// One block for each row: its loss -sum(amount ln softmax(scores)), and the gradient sum(amount) softmax(scores) - amount.
#define AMOUNT(j) (id < 0 ? 0.0f : (weights ? weights[j] : 1.0f) * ((j) == id ? share + spread : spread))
extern "C" __global__ void KERNEL(SIGNATURE) {
    const int begin = blockIdx.x / positions * classes * positions + blockIdx.x % positions;
    const int id = ids[blockIdx.x];
    float most = scores[begin];
    for (int j = threadIdx.x; j < classes; j += blockDim.x) {
        const float score = scores[begin + j * positions];
        most = score > most || score != score ? score : most;
    }
    most = most_of_block(most);
    float sum = 0.0f, total = 0.0f;
    for (int j = threadIdx.x; j < classes; j += blockDim.x) {
        sum += expf(scores[begin + j * positions] - most);
        total += AMOUNT(j);
    }
    sum = sum_of_block(sum);
    total = sum_of_block(total);
    const float logarithm = logf(sum);
    float loss = 0.0f;
    for (int j = threadIdx.x; j < classes; j += blockDim.x) {
        const int i = begin + j * positions;
        const float apart = scores[i] - most, amount = AMOUNT(j);
        // A class with probability 0 and amount 0 has no loss, although 0 times infinity is not a number.
        if (amount != 0.0f) {
            loss -= amount * (apart - logarithm);
        }
        slopes[i] = total == 0.0f ? 0.0f - amount : total * (expf(apart) / sum) - amount;
    }
    loss = sum_of_block(loss);
    if (threadIdx.x == 0) {
        // What is not a number in the scores shows, even if it is of a class without an amount.
        losses[blockIdx.x] = sum != sum && total != 0.0f ? sum : loss;
    }
}

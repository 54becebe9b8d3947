extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    float sum = 0.0f;
    for (int image = 0; image < batch; image++) {
        const int from = image * n + i;
        sum += DY(from);
    }
    tensor[i] += sum;
}

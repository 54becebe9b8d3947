// One thread for each element that was repeated: it adds up the gradients of all repetitions, in their order.
extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    int rest = i;
    const int e = rest % size5, d = (rest /= size5) % size4, c = (rest /= size4) % size3, b = (rest /= size3) % size2, a = (rest /= size2) % size1;
    const int image = rest / size1;
    float sum = 0.0f;
    for (int p = 0; p < times1; p++) {
        for (int q = 0; q < times2; q++) {
            for (int r = 0; r < times3; r++) {
                for (int s = 0; s < times4; s++) {
                    for (int t = 0; t < times5; t++) {
                        // Along an axis there is either one element or one repetition.
                        const int first = (image * size1 * times1 + a + p) * size2 * times2 + b + q;
                        const int from = ((first * size3 * times3 + c + r) * size4 * times4 + d + s) * size5 * times5 + e + t;
                        sum += DY(from);
                    }
                }
            }
        }
    }
    GIVE(dx[i], sum, add);
}

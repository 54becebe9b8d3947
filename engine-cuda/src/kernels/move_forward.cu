extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    int rest = i;
    const int e = rest % size5, d = (rest /= size5) % size4, c = (rest /= size4) % size3, b = (rest /= size3) % size2, a = (rest /= size2) % size1;
    const int image = rest / size1;
    to[to_begin + image * to0 + a * to1 + b * to2 + c * to3 + d * to4 + e * to5] =
        ACT(from[from_begin + image * from0 + a * from1 + b * from2 + c * from3 + d * from4 + e * from5]);
}

// The sum of the squares of a block's elements.
extern "C" __global__ void KERNEL(SIGNATURE) {
    float part = 0.0f;
    EACH_OF_MANY(i) {
        const float g = ((const float *)row[0])[i];
        part += g * g;
    }
    part = sum_of_block(part);
    if (threadIdx.x == 0) {
        parts[first + blockIdx.x] = part;
    }
}

// From the sums of squares to the factor that scales gradients to a norm of at most `most`: PyTorch's formula. A NaN stays, so that it shows.
extern "C" __global__ void KERNEL(SIGNATURE) {
    __shared__ double sums[256];
    double part = 0.0;
    for (int j = threadIdx.x; j < n; j += blockDim.x) {
        part += (double)parts[j];
    }
    sums[threadIdx.x] = part;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) {
            sums[threadIdx.x] += sums[threadIdx.x + half];
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        const double ratio = (double)most / ((double)scale * sqrt(sums[0]) + 1e-6);
        factor[0] = ratio > 1.0 ? 1.0f : (float)ratio;
    }
}

// What all kernels may use.
typedef unsigned long long u64;

// The index of a thread among all of the launch; beyond the last element there is nothing to do.
#define FOR_EACH(i, n)                                    \
    int i = blockIdx.x * blockDim.x + threadIdx.x;        \
    if (i >= (n)) {                                       \
        return;                                           \
    }

// Writes a gradient, or adds it to what other users of the value have written.
#define GIVE(place, value, add)                                              \
    do {                                                                     \
        float give_value = (value);                                             \
        (place) = (add) ? (place) + give_value : give_value;                 \
    } while (0)

// The sum of a number of each thread, by a fixed tree, in all threads. The number of threads is a power of two, at most 256.
__device__ static float sum_of_block(float value) {
    __shared__ float parts[256];
    parts[threadIdx.x] = value;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) {
            parts[threadIdx.x] += parts[threadIdx.x + half];
        }
        __syncthreads();
    }
    float sum = parts[0];
    __syncthreads();
    return sum;
}

// The largest of a number of each thread, NaN if there is one.
__device__ static float most_of_block(float value) {
    __shared__ float parts[256];
    parts[threadIdx.x] = value;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) {
            float a = parts[threadIdx.x], b = parts[threadIdx.x + half];
            parts[threadIdx.x] = a > b || a != a ? a : b;
        }
        __syncthreads();
    }
    float most = parts[0];
    __syncthreads();
    return most;
}

// Random numbers as functions of counters: layercake_engine::rng.
__device__ static u64 mixed(u64 z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}
__device__ static u64 drawn(u64 seed, u64 node, u64 index) {
    return mixed(mixed(seed + mixed(node + 1)) + index * 0x9E3779B97F4A7C15ull);
}

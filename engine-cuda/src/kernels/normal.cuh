// A standard normal number: layercake_engine::rng::normal.
__device__ static float normal(u64 seed, u64 node, u64 index) {
    const double radius = (double)(drawn(seed, node, 2 * index) >> 11) / 9007199254740992.0;
    const double angle = (double)(drawn(seed, node, 2 * index + 1) >> 11) / 9007199254740992.0;
    return (float)(sqrt(-2.0 * log(1.0 - radius)) * cos(6.283185307179586 * angle));
}

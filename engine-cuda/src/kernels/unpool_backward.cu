// A value has the gradient of its place, unless a later window has put another value there.
extern "C" __global__ void KERNEL(SIGNATURE) {
    FOR_EACH(i, n)
    const int map = i / (out_w * out_h), here = chosen[i];
    LAST_OF(found, map, here)
    const int from = map * (in_w * in_h) + here;
    GIVE(dx[i], found == i ? DY(from) : 0.0f, add);
}

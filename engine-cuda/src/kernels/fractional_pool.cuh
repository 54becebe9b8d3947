// Where a window of fractional pooling begins along an axis: FractionalMaxPool2d::start.
__device__ static int start_of(int i, double u, int room, int out) {
    if (i + 1 == out) {
        return room;
    }
    const double step = (double)room / (double)(out - 1);
    return (int)(((double)i + u) * step) - (int)(u * step);
}
// The shift of a plane's windows along an axis.
#define UNIT(plane, axis) (DRAWN ? (double)(drawn(seed, NODE, 2 * (u64)(plane) + (axis)) >> 11) / 9007199254740992.0 : 0.5)

// A step of an optimizer: p is the parameter, g its gradient, s0, s1, .. are its averages. `factor` is that of clipping by norm, if there is one.
extern "C" __global__ void KERNEL(SIGNATURE) {
    const float all = factor ? scale * factor[0] : scale;
    EACH_OF_MANY(i) {
        float p = ((float *)row[0])[i], g = ((const float *)row[1])[i] * all;
        // NaN stays.
        g = g > most ? most : g < -most ? -most : g;
        READ
        FORMULA
        ((float *)row[0])[i] = p;
        WRITE
    }
}

// An average of parameters follows them.
extern "C" __global__ void KERNEL(SIGNATURE) {
    EACH_OF_MANY(i) {
        float *average = (float *)row[0];
        average[i] = keep * average[i] + add * ((const float *)row[1])[i];
    }
}

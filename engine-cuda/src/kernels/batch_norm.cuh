// `scale` has running variances, or the inverse deviations of the batch.
#define DEVIATION(channel) (RUNNING ? 1.0f / sqrtf(scale[channel] + eps) : scale[channel])

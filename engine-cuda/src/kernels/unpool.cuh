// The last window of a map whose largest element is at this place, or -1. Windows that contain it are met from the last on.
#define LAST_OF(found, map, here)                                                                    \
    int found = -1;                                                                                  \
    for (int a = 0; a < kernel_h && found < 0; a++) {                                                \
        const int r = (here) / in_w + pad_h - a * dilation_h;                                        \
        if (r < 0 || r % stride_h != 0 || r / stride_h >= out_h) {                                   \
            continue;                                                                                \
        }                                                                                            \
        for (int b = 0; b < kernel_w && found < 0; b++) {                                            \
            const int c = (here) % in_w + pad_w - b * dilation_w;                                    \
            if (c < 0 || c % stride_w != 0 || c / stride_w >= out_w) {                               \
                continue;                                                                            \
            }                                                                                        \
            const int window = (map) * (out_h * out_w) + r / stride_h * out_w + c / stride_w;        \
            found = chosen[window] == (here) ? window : -1;                                          \
        }                                                                                            \
    }

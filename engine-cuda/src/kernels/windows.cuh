// Places of windows.
#define SMALL_LEN (small_h * small_w)
#define LARGE_LEN (large_h * large_w)
#define TAPS (kernel_h * kernel_w)

use layercake::prelude::*;

network! {
    pub Net: [3, 28, 28] -> [_, _, _] {
        Conv2d(6, kernel = 5, padding_mode = "reflect", device = "cuda"),
        MaxPool2d(2, return_indices = true),
        AvgPool2d(2, divisor_override = 3),
        BatchNorm2d(track_running_stats = false),
        ReLU(inplace = true),
    }
}

fn main() {}

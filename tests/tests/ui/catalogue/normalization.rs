use layercake::prelude::*;

network! {
    pub Pixels: [3, 1, 1] -> [_, _, _] { InstanceNorm2d }
    pub Groups: [6, 8, 8] -> [_, _, _] { GroupNorm(4) }
    pub Told: [6, 8, 8] -> [_, _, _] { GroupNorm(2, channels = 4) }
    pub Open: [6, 8, 8] -> [_, _, _] { LayerNorm }
    pub Last: [6, 8] -> [_, _] { LayerNorm(6) }
    pub Size: [3, 8, 8] -> [_, _, _] { LocalResponseNorm(0) }
    pub Divisor: [3, 8, 8] -> [_, _, _] { LocalResponseNorm(5, k = 0.0) }
}

fn main() {}

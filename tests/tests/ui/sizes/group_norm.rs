use layercake::prelude::*;

network! {
    pub N1: [6, 8, 8] -> [_, _, _] { GroupNorm(4) }
    pub N2: [6, 8, 8] -> [_, _, _] { GroupNorm(0) }
    pub N3: [6, 8, 8] -> [_, _, _] { GroupNorm(2, channels = 8) }
    pub N4: [6, 8, 8] -> [_, _, _] { InstanceNorm2d(8) }
    pub N5: [6, 8, 8] -> [_, _, _] { GroupNorm(2, eps = -1.0) }
    pub N6: [6, 8, 8] -> [_, _, _] { InstanceNorm2d(eps = -1.0) }
    pub N7: [6, 1, 1] -> [_, _, _] { InstanceNorm2d }
}

fn main() {}

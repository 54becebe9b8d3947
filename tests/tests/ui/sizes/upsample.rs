use layercake::prelude::*;

network! {
    pub N1: [3, 8, 8] -> [_, _, _] { Upsample(0) }
    pub N2: [3, 8, 8] -> [_, _, _] { Upsample(2, align_corners = true) }
}

fn main() {}

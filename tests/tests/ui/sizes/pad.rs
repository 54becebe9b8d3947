use layercake::prelude::*;

network! {
    pub N1: [6, 5] -> [_, _] { Pad(top = 1) }
    pub N2: [6, 5] -> [_, _] { Pad(bottom = 1) }
    pub N3: [3, 4, 5] -> [_, _, _] { Pad(4, mode = reflect) }
    pub N4: [3, 4, 5] -> [_, _, _] { Pad(1, right = 5, mode = reflect) }
}

fn main() {}

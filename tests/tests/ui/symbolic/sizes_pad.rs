use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub N1: [n(6), n(5)] -> [_, _] { Pad(top = n(1)) }
    pub N2: [n(6), n(5)] -> [_, _] { Pad(bottom = n(1)) }
    pub N3: [n(3), n(4), n(5)] -> [_, _, _] { Pad(n(4), mode = reflect) }
    pub N4: [n(3), n(4), n(5)] -> [_, _, _] { Pad(n(1), right = n(5), mode = reflect) }
}

fn main() {}

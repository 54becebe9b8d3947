use layercake::prelude::*;

network! {
    pub Features: [8] -> [_] { Pad(1) }
    pub Rows: [3, 8] -> [_, _] { Pad(1, top = 1) }
    pub Mirror: [3, 8, 8] -> [_, _, _] { Pad(8, mode = reflect) }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Net: { left: [8], right: [9] } -> [_] { Add(right) }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Net: { left: [_], right: [8] } -> [8] { Add(right) }
}

fn main() {}

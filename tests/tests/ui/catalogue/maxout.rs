use layercake::prelude::*;

network! {
    pub Net: [8] -> [_] { Maxout(4, pieces = 0) }
}

fn main() {}

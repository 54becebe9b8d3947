use layercake::prelude::*;

network! {
    pub Net: [64] -> [_, _, _, _, _] { Reshape(2, 2, 2, 2, 2, 2) }
}

fn main() {}

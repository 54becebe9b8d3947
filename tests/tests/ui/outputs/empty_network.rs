use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {}
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Net: [784] -> [_] {
        Linear(0),
    }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Net: [784] { Linear(10) }
}

fn main() {}

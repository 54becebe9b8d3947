use layercake::prelude::*;

network! {
    block Join(size) { Linear(size), Add(skip) }

    pub Net: [8] -> [8] { Linear(8) as skip, Join(8), Add(skip) }
}

fn main() {}

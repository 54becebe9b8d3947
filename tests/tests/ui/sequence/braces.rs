use layercake::prelude::*;

network! {
    pub Net: [8] -> [4] {
        head: Sequential(Linear(4)),
        Sequential,
        Sequential {},
    }
}

fn main() {}

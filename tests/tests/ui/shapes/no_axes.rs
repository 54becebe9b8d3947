use layercake::prelude::*;

network! {
    pub Net: [] -> [10] {
        Linear(10),
    }
}

fn main() {}

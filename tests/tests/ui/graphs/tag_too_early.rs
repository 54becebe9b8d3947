use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Linear(8), Add(later),
        Linear(8) as later,
    }
}

fn main() {}

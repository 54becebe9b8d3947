use layercake::prelude::*;

network! {
    pub Net: [8] -> [4] {
        Linear(4), output mean,
    }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        Linear!(10),
    }
}

fn main() {}

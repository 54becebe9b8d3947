use layercake::prelude::*;

network! {
    pub Net: { image: [8], state: [8] } -> [4] { Linear(4) }
}

fn main() {}

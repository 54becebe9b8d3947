use layercake::prelude::*;

network! {
    pub Net: { left: [784], right: [784] } -> [10] { Linear(10) }
}

fn main() {}

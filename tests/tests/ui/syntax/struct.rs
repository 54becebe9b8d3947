use layercake::prelude::*;

network! {
    pub struct Net: [784] -> [10] { Linear(10) }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Net { Linear(10) }
}

fn main() {}

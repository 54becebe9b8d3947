use layercake::prelude::*;

network! {
    pub Nothing: {} -> [8] { Linear(8) }
    pub Nowhere: [8] -> {} { Linear(8) }
}

fn main() {}

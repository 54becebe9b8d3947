use layercake::prelude::*;

network! {
    pub N1: [6, 8, 8] -> [_, _, _] { PReLU(8) }
    pub N2: [6, 8, 8] -> [_, _, _] { PReLU(0) }
}

fn main() {}

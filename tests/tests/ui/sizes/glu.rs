use layercake::prelude::*;

network! {
    pub N1: [6, 5] -> [_, _] { GLU }
    pub N2: [6, 5] -> [_, _] { GLU(axis = 2) }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub A: [4] -> [4] { Linear(4), B }
    pub B: [4] -> [4] { Residual { C } }
    pub C: [4] -> [4] { Linear(4), A }
}

fn main() {}

use layercake::prelude::*;

network! {
    block Tree(depth) { Linear(depth), Residual { Tree(depth) } }
    block Even(n) { Linear(n), Odd(n) }
    block Odd(n) { Linear(n), Even(n) }

    pub Net: [8] -> [8] { Tree(8), Even(8) }
}

fn main() {}

use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(8)] -> [_] { pair: Residual(shortcut = { Linear(n(6)) }) { a: Linear(n(6)), b: Linear(n(6)) }, again: reuse pair }
}

fn main() {}

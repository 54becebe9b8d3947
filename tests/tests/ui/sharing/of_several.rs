use layercake::prelude::*;

network! {
    pub Net: [8] -> [_] { pair: Residual(shortcut = { Linear(6) }) { a: Linear(6), b: Linear(6) }, again: reuse pair }
}

fn main() {}

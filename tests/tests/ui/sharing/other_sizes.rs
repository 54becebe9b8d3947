use layercake::prelude::*;

network! {
    pub Net: [8] -> [_] { fc: Linear(6), reuse fc }
}

fn main() {}

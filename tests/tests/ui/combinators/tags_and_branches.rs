use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Linear(8) as h, Add(h) { { Linear(8) }, {} },
    }
}

fn main() {}

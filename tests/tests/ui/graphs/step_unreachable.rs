use layercake::prelude::*;

network! {
    pub Net: [8] -> [4] {
        Linear(8) as h, Linear(9), ReLU,
        from h, Linear(4),
    }
}

fn main() {}

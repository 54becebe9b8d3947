use layercake::prelude::*;

network! {
    pub Net: [8] -> [_] {
        Linear(4) as h, Linear(5), Add(h),
    }
}

fn main() {}

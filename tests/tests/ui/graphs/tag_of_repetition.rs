use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Repeat(2) { Linear(8) as h, ReLU, Add(h) },
        Add(h),
    }
}

fn main() {}

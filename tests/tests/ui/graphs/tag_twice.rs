use layercake::prelude::*;

network! {
    pub Net: { image: [8], state: [8] } -> [8] {
        Linear(8) as h, Tanh as h, Add(h),
        Linear(8) as state, Add(state),
    }
}

fn main() {}

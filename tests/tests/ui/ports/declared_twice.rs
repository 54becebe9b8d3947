use layercake::prelude::*;

network! {
    pub Net: { left: [8], left: [8] } -> { sum: [8], sum: [8] } { Linear(8), output sum }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Net: [10, 8, 8] -> [10, 8, 8] {
        LogSoftmax,
    }
}

fn main() {}

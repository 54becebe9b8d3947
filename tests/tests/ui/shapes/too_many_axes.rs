use layercake::prelude::*;

network! {
    pub Net: [1, 2, 3, 4, 5, 6] -> [720] {
        Flatten,
    }
}

fn main() {}

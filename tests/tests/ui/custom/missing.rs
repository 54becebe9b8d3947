use layercake::prelude::*;

network! {
    pub Net: [8] -> [4] {
        crate::Missing(8, 4) -> [4],
    }
}

fn main() {}

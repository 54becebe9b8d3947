use layercake::prelude::*;

network! {
    pub Net: [10] -> [10] {
        Dropout(1.5), Dropout(p = -0.1), Dropout(1.0),
    }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Net: [784]
}

fn main() {}

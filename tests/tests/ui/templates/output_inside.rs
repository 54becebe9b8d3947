use layercake::prelude::*;

network! {
    block Head(classes) { Linear(classes), output logits }

    pub Net: [8] -> { logits: [4] } { Head(4) }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        block: Repeat(2) { conv: Linear(8) },
        reuse block.0.conv,
        from block.1 , ReLU,
    }
}

fn main() {}

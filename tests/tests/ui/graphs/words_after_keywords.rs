use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        from,
        from as x,
        reuse,
        output,
        from (h), ReLU,
    }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Net: { a: [1], b: [1], c: [1], d: [1], e: [1], f: [1], g: [1] } -> [1] {
        Add(b, c, d, e, f),
    }
}

fn main() {}

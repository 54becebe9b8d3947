use layercake::prelude::*;

network! {
    pub Keyword: { type: [8] } -> [8] { Linear(8) }
    pub Nameless: { [8], [8] } -> [8] { Linear(8) }
    pub Comma: { a: [8] b: [8] } -> [8] { Add(b) }
    pub Shapeless: { a: 8, b: , } -> [8] { Add(b) }
}

fn main() {}

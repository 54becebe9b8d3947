use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        Linear(+),
        Linear(10 / 3),
        Linear(10 => 3),
        Linear(+ -> 3),
        Linear(10 # 3),
        Linear(10) ?,
    }
}

fn main() {}

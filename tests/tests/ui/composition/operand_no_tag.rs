use layercake::prelude::*;

network! {
    pub Pair: { left: [4], right: [4] } -> [4] { Add(right) }
    pub Net: [4] -> [4] { Pair(3), Pair(h), Pair(4 -> 4), Pair(right = 3), self::Pair(2 + 2) }
}

fn main() {}

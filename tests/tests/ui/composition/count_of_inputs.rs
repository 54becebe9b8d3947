use layercake::prelude::*;

network! {
    pub Pair: { left: [4], right: [4] } -> [4] { Add(right) }
    pub One: [4] -> [4] { ReLU }
    pub Few: [4] -> [4] { Linear(4), Pair }
    pub Many: [4] -> [4] { Linear(4) as h, Pair(h, h) }
    pub Two: [4] -> [4] { Linear(4) as h, One(h) }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Linear(8) as hidden,
        from hiden, ReLU, Add(hidden),
        fc: Linear(8), Add(fc),
        from somewhere,
    }
    pub Pair: { left: [8], right: [8] } -> [8] { Add(rigth), Add(right), Add(input) }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Encoder: [12] -> [8] { Linear(8) }
    pub Net: [12] -> [9] { Encoder }
    pub Step: [12] -> [8] { Encoder -> [9] }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Encoder: [12] -> [8] { Linear(8) }
    pub Net: [12] -> [4] { Encoder, layercake::dfdx::nn::modules::Linear(8, 4) -> [4] }
}

fn main() {}

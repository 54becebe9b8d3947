use layercake::prelude::*;

network! {
    pub Net: [8] -> [4] {
        layercake::dfdx::nn::modules::Linear(8, 4),
        Linear(4),
    }
}

fn main() {}

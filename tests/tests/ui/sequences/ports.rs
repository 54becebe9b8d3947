use layercake::prelude::*;

network! {
    pub Out: usize[8] -> usize[8] { table: Embedding(9 -> 4), Flatten, Linear(8) }
    pub Typed: f32[8] -> [4] { Linear(4) }
    pub Other: u32[8] -> [8, 4] { table: Embedding(9 -> 4) }
    pub Unknown: tokens[8] -> [4] { Linear(4) }
    pub Own: usize[8] -> [4] { layercake::dfdx::nn::modules::Linear(8, 4) -> [4] }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Net<const H: usize>: [8] -> [H] { Linear(2 * H), Linear(H), Dropout(H as f64), Linear(H, bias = H > 3) }
}

fn main() {}

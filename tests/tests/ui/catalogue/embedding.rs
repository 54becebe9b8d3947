use layercake::prelude::*;

network! {
    pub Vocabulary: usize[8] -> [8, 4] { table: Embedding(4) }
    pub Empty: usize[8] -> [8, 4] { table: Embedding(0 -> 4) }
    pub Large: usize[8] -> [8, 4] { table: Embedding(2000000000 -> 4) }
    pub Featureless: usize[8] -> [8, 0] { table: Embedding(65 -> 0) }
    pub Padding: usize[8] -> [8, 4] { table: Embedding(65 -> 4, padding_idx = 65) }
    pub Ranks: usize[2, 2, 2, 2, 2] -> [_] { table: Embedding(65 -> 4) }
}

fn main() {}

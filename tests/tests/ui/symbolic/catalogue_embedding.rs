use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Vocabulary: usize[n(8)] -> [n(8), n(4)] { table: Embedding(n(4)) }
    pub Empty: usize[n(8)] -> [n(8), n(4)] { table: Embedding(n(0) -> n(4)) }
    pub Large: usize[n(8)] -> [n(8), n(4)] { table: Embedding(n(2000000000) -> n(4)) }
    pub Featureless: usize[n(8)] -> [n(8), n(0)] { table: Embedding(n(65) -> n(0)) }
    pub Padding: usize[n(8)] -> [n(8), n(4)] { table: Embedding(n(65) -> n(4), padding_idx = n(65)) }
    pub Ranks: usize[n(2), n(2), n(2), n(2), n(2)] -> [_] { table: Embedding(n(65) -> n(4)) }
}

fn main() {}

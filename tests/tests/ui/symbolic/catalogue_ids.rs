use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Dense: usize[n(8)] -> [n(4)] { Linear(n(4)) }
    pub Joined: { ids: usize[n(8)], x: [n(8)] } -> [n(8)] { from x, Add(ids) }
    pub Numbers: [n(8)] -> [n(8), n(4)] { Embedding(n(65) -> n(4)) }
    pub Given: usize[n(8)] -> [n(8)] {}
}

fn main() {}

use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub N1: [n(3), n(8), n(8)] -> [_, _] { Conv1d(n(4), kernel = n(3)) }
    pub N2: [n(9)] -> [_, _] { MaxPool1d(n(2)) }
    pub N3: [n(3), n(8), n(8)] -> [_, _] { AvgPool1d(n(2)) }
}

fn main() {}

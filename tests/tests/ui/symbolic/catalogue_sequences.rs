use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(3), n(8), n(8)] -> [_, _] { Conv1d(n(4), kernel = n(3)) }
    pub Flat: [n(24)] -> [_, _] { MaxPool1d(n(2)) }
}

fn main() {}

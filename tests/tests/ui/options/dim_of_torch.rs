use layercake::prelude::*;

network! {
    pub Ordered: [4, 6] -> [_, _] { Permute(dims = (0, 2, 1)) }
    pub Cut: [4, 6] -> [_, _] { Slice(dim = 1, start = 0, end = 2) }
    pub Batch: [4, 6] -> [_, _] { Slice(dim = 0, start = 0, end = 2) }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Zero: [12] -> [_, _] { Reshape(0, 12) }
    pub Other: [12] -> [_, _] { Reshape(5, 3) }
    pub Inferred: [12] -> [_, _] { Reshape(5, _) }
    pub Both: [12] -> [_, _] { Reshape(_, _) }
    pub Order: [3, 8, 8] -> [_, _, _] { Permute(0, 0, 1) }
}

fn main() {}

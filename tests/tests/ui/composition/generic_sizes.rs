use layercake::prelude::*;

network! {
    pub Wide<const H: usize>: [H] -> [5] { Linear(5) }
    pub Net: [4] -> [5] { Wide<4>, Linear(4), Wide<8>, Linear(4), Wide }
    pub Plain: [5] -> [5] { ReLU }
    pub Other: [5] -> [5] { Plain<5> }
}

fn main() {}

use layercake::prelude::*;

network! {
    pub Net<T: Dim>: [8] -> [8] { Linear(8) }
}

fn main() {}

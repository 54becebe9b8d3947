use layercake::prelude::*;

network! {
    pub Net<T: Dim>: [T, 8] -> [_, _] { Linear(T) }
    pub Norm<T: Dim>: [T, 8] -> [_, _] { LayerNorm(T, 8) }
    pub Rows<T: Dim>: [8, T] -> [_, _] { Linear(8) }
}

fn main() {}

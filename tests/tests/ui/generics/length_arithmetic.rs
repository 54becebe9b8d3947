use layercake::prelude::*;

network! {
    pub Net<T: Dim>: [8, T] -> [_, _] { Conv1d(8, kernel = 3) }
    pub Flat<T: Dim>: [T, 8] -> [_] { Flatten }
    pub Two<T: Dim, S: Dim>: { a: [T, 8], b: [S, 8] } -> [_, _] { Add(b) }
}

fn main() {}

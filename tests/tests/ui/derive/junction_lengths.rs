use layercake::prelude::*;

network! {
    Rows: [1, 8, 8] -> [32] { Flatten, Linear(32) }
    Sequence<T: Dim>: [T, 4] -> [T, 8] { Linear(8), ReLU }
    Long: [64, 9] -> [64, 2] { Linear(2) }
}

#[derive(Model)]
#[model(forward)]
struct Net<E: Dtype = f32, D: Storage<E> = Cpu> {
    rows: Rows<E, D>,
    sequence: Sequence<E, D>,
}

#[derive(Model)]
#[model(forward)]
struct Sixty {
    rows: Rows,
    long: Long,
}

fn main() {}

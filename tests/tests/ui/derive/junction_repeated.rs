use layercake::prelude::*;

network! {
    Wide: [3] -> [4] { Linear(4) }
    Same: [3] -> [3] { Linear(3) }
}

#[derive(Model)]
#[model(forward)]
struct Net<E: Dtype = f32, D: Storage<E> = Cpu> {
    same: Vec<Same<E, D>>,
    wide: [Wide<E, D>; 2],
}

fn main() {}

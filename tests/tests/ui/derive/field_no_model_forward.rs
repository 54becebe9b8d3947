use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        Linear(10),
    }
}

#[derive(Clone, Debug, Model)]
#[model(forward)]
struct Chain<E: Dtype = f32, D: Storage<E> = Cpu> {
    net: Net<E, D>,
    steps: usize,
}

fn main() {}
